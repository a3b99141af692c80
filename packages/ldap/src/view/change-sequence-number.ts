import { generalizedTime } from "./entry.ts";

/** A point in the history of an organization. */
export interface ChangeStamp {
  /** When the change was made, in microseconds since the epoch. */
  readonly microseconds: number;
  /** Its place in the organization's change feed, below 2^48. */
  readonly revision: number;
  /** The server that made it. Ours is 0. */
  readonly serverId: number;
}

const form =
  /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\.(\d{6})Z#([0-9a-f]{6})#([0-9a-f]{3})#([0-9a-f]{6})$/i;
const low = 0x1000000;

/**
 * A change sequence number as OpenLDAP writes it, `YYYYmmddHHMMSS.uuuuuuZ#cccccc#sss#mmmmmm`: the time, then the high 24
 * bits of the revision where OpenLDAP counts changes of one moment, the server's number, and the low 24 bits where it
 * counts modifications. So the order of text is the order of time and revision.
 *
 * @param at - when, in milliseconds since the epoch
 * @param revision - below 2^48; what is beyond is left out
 * @returns `undefined` for a time outside the years 0 to 9999
 */
export function changeSequenceNumber(at: number, revision: number): string | undefined {
  const time = generalizedTime(at);
  if (time === undefined) return undefined;
  const micros = String((((at % 1000) + 1000) % 1000) * 1000).padStart(6, "0");
  return `${time.slice(0, 14)}.${micros}Z#${hex(Math.floor(revision / low) % low)}#000#${hex(revision % low)}`;
}

/** Reads a change sequence number. @returns `undefined` for text that is none */
export function parseChangeSequenceNumber(text: string): ChangeStamp | undefined {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, micros, count, server, mod] = parts;
  const given = [year, Number(month) - 1, day, hour, minute, second].map(Number);
  const date = new Date(0);
  date.setUTCFullYear(given[0] as number, given[1], given[2]);
  date.setUTCHours(given[3] as number, given[4], given[5]);
  // What is out of range, like the 30th of February, would have rolled over.
  if (generalizedTime(date.getTime())?.slice(0, 14) !== text.slice(0, 14)) return undefined;
  return {
    microseconds: date.getTime() * 1000 + Number(micros),
    revision: Number.parseInt(count as string, 16) * low + Number.parseInt(mod as string, 16),
    serverId: Number.parseInt(server as string, 16),
  };
}

function hex(number: number): string {
  return number.toString(16).padStart(6, "0");
}
