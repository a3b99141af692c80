import {
  type Directory,
  type Factor,
  isDirectoryError,
  type ResourceId,
  type Session,
  type UserId,
} from "@directorykit/core";

/** Whom an acceptance was given to, and for what. */
export interface Admitted {
  readonly user: UserId;
  readonly resource: ResourceId;
  /** What they have shown. */
  readonly factors: readonly Factor[];
}

const binding = "radius-class";

/**
 * The Class of an acceptance (RFC 2865 §5.25). Access servers send it back with each accounting record, so that those name
 * the person even where the name that the device gives to everybody is `anonymous`. It cannot be forged, and any node reads
 * it.
 */
export function sealClass(directory: Directory, { user, resource, factors }: Admitted): Uint8Array {
  return Buffer.from(directory.sealCursor({ user, resource, factors }, binding), "latin1");
}

/** Whom a Class names; `undefined` for one of another server. */
export function openClass(directory: Directory, value: Uint8Array): Admitted | undefined {
  try {
    const content = directory.openCursor(Buffer.from(value).toString("latin1"), binding);
    // Nobody but a server of this directory can have written it.
    return content as unknown as Admitted;
  } catch (error) {
    if (isDirectoryError(error)) return undefined;
    throw error;
  }
}

/** What `data.by` of a session says that goes by a name that nobody has proved. */
export const byName = "name";

/** Whether a session is listed under a name that its access server tells, and that its device may have made up. */
export function isOnlyNamed({ data }: Pick<Session, "data">): boolean {
  return data["by"] === byName;
}
