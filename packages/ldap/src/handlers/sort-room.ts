import type { DirectoryView } from "../view/directory-view.ts";

/** Sorts in memory that an organization's server does at a time: each holds the places of many entries. */
const atOnce = 2;

/** Lets few sort at a time; the others wait in line. */
export class SortRoom {
  #free = atOnce;
  readonly #line: (() => void)[] = [];

  /** Does `work` when it is its turn. @throws what `signal` gives as its reason when that comes first */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#line.push(enter);
    });
  }
}

const rooms = new WeakMap<DirectoryView, SortRoom>();

/** The room in which searches of an organization are sorted. */
export function sortRoom(view: DirectoryView): SortRoom {
  let room = rooms.get(view);
  if (room === undefined) {
    room = new SortRoom();
    rooms.set(view, room);
  }
  return room;
}
