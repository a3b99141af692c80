import type { JsonValue } from "../model/resource.ts";
import { checkObject, invalid } from "./validate.ts";

/** Most that a resource's settings or a grant's attributes may be, in UTF-16 units of their JSON. */
export const maxJsonLength = 262_144;
/** Deepest nesting of lists and objects in them. */
export const maxJsonDepth = 32;

/** A JSON object of bounded size and depth, copied. No object in it has a key that would replace a prototype. */
export function checkJsonObject(path: string, value: unknown): Readonly<Record<string, JsonValue>> {
  const given = checkObject(path, value);
  checkDepth(path, given, maxJsonDepth);
  let json: string;
  try {
    json = JSON.stringify(given);
  } catch {
    throw invalid(path, "must be plain JSON");
  }
  if (json.length > maxJsonLength) throw invalid(path, `is longer than ${maxJsonLength} characters of JSON`);
  return JSON.parse(json, (key, part: JsonValue) => {
    if (key === "__proto__") throw invalid(path, "holds a key that is not allowed");
    return part;
  }) as Record<string, JsonValue>;
}

function checkDepth(path: string, value: unknown, left: number): void {
  if (typeof value !== "object" || value === null) return;
  if (left === 0) throw invalid(path, `is nested more than ${maxJsonDepth} deep`);
  for (const part of Object.values(value)) checkDepth(path, part, left - 1);
}
