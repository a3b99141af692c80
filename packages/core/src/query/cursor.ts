import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { DirectoryError } from "../errors.ts";
import { constantTimeEqual } from "../keys/constant-time.ts";
import type { KeyRing } from "../keys/key-ring.ts";

/** A place may hold a value of an attribute, and those may be long. */
const maxCursorLength = 1_048_576;

/**
 * Writes a place in a query's answer as text that cannot be forged or used with another query. Any node with the same
 * key ring can read it.
 *
 * @param binding - what the place belongs to: the query and, where it matters, who asks
 */
export function sealCursor(keys: KeyRing, position: unknown, binding: string): string {
  const payload = Buffer.from(JSON.stringify(position)).toString("base64url");
  return `${payload}.${mac(keys, payload, binding)}`;
}

/** Reads what {@link sealCursor} wrote. @throws DirectoryError `invalid-input` for any other text or binding */
export function openCursor(keys: KeyRing, cursor: string, binding: string): unknown {
  const [payload = "", tag = "", ...rest] = cursor.length > maxCursorLength ? [] : cursor.split(".");
  if (rest.length > 0 || !constantTimeEqual(tag, mac(keys, payload, binding))) {
    throw new DirectoryError("invalid-input", "the cursor does not belong to this query", {
      details: { path: "cursor" },
    });
  }
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

/**
 * Every page of a listing has a cursor, and a ring derives the same key for all of them. As a key object: Node takes
 * several times as long to begin an HMAC with the bare octets.
 */
const cursorKeys = new WeakMap<KeyRing, KeyObject>();

function cursorKey(keys: KeyRing): KeyObject {
  let key = cursorKeys.get(keys);
  if (key === undefined) {
    key = createSecretKey(keys.derive("directorykit cursor"));
    cursorKeys.set(keys, key);
  }
  return key;
}

function mac(keys: KeyRing, payload: string, binding: string): string {
  return createHmac("sha256", cursorKey(keys))
    .update(payload)
    .update("\0")
    .update(binding)
    .digest("base64url");
}
