import { isIP } from "node:net";
import type { Directory, Session } from "@directorykit/core";

/** Milliseconds that an access server has between an acceptance and the first record of the session. */
const reservedMs = 30_000;

interface Reservation {
  readonly station: string;
  readonly until: number;
}

/** Who is about to begin a session, on which network, with which device. */
export interface Arrival {
  readonly user: string;
  readonly resource: string;
  /** As {@link stationOf} gives it. */
  readonly station: string;
}

/**
 * Places on networks where each person has few, of those who were let in and whose access server has not told of them yet:
 * else all devices that log in at the same moment would find the place free. They are of this process only.
 */
export class SessionReservations {
  readonly #reserved = new Map<string, readonly Reservation[]>();
  #sweptAt = 0;

  /**
   * Takes a place for a device. One that logs in anew, or roams, has its place already.
   *
   * @param live - the person's sessions on the network
   * @param most - how many they may have
   * @param keeps - false to see only whether there is one
   * @returns whether there was one
   */
  take(
    { user, resource, station }: Arrival,
    live: readonly Session[],
    most: number,
    now: number,
    keeps: boolean,
  ): boolean {
    this.#sweep(now);
    const key = `${user} ${resource}`;
    const isOther = (one: string): boolean => one === "" || one !== station;
    const stations = live.map(({ data }) => stationOf(data["callingStationId"]));
    const reserved = (this.#reserved.get(key) ?? []).filter(
      (one) =>
        one.until > now && isOther(one.station) && (one.station === "" || !stations.includes(one.station)),
    );
    if (stations.filter(isOther).length + reserved.length >= most) return false;
    if (keeps) this.#reserved.set(key, [...reserved, { station, until: now + reservedMs }]);
    return true;
  }

  /** The session of a device has begun: it counts itself from now on. */
  release({ user, resource, station }: Arrival): void {
    const key = `${user} ${resource}`;
    const reserved = this.#reserved.get(key);
    if (reserved === undefined) return;
    const at = reserved.findIndex((one) => one.station === station);
    if (at === -1) return;
    if (reserved.length === 1) this.#reserved.delete(key);
    else this.#reserved.set(key, reserved.toSpliced(at, 1));
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < reservedMs) return;
    this.#sweptAt = now;
    for (const [key, reserved] of this.#reserved)
      if (reserved.every(({ until }) => until <= now)) this.#reserved.delete(key);
  }
}

const ofDirectory = new WeakMap<Directory, SessionReservations>();

/** The reservations of a directory: servers of one process share them as they share its sessions. */
export function reservationsOf(directory: Directory): SessionReservations {
  const known = ofDirectory.get(directory);
  if (known !== undefined) return known;
  const reservations = new SessionReservations();
  ofDirectory.set(directory, reservations);
  return reservations;
}

/** A device by its Calling-Station-Id, however its access server writes a MAC address; empty for one that is not named. */
export function stationOf(callingStationId: string | undefined): string {
  const written = (callingStationId ?? "").trim().toLowerCase();
  const plain = written.replaceAll(/[-:.]/g, "");
  return isIP(written) === 0 && /^[0-9a-f]{12}$/.test(plain) ? plain : written;
}
