import { type Control, ControlOid, type RequestOp } from "../codec/index.ts";

/** Controls that are understood, by the operations they go with. */
const understood: Readonly<Record<string, readonly RequestOp["type"][]>> = {
  // RFC 3296: there are no referral entries here, so treating them as ordinary entries changes nothing.
  [ControlOid.manageDsaIT]: ["searchRequest", "compareRequest"],
};

/** The first critical control that is not understood (RFC 4511 §4.1.11), if there is one. Unbind and abandon have none. */
export function unavailableControl(
  op: RequestOp,
  controls: readonly Control[] | undefined,
): Control | undefined {
  if (controls === undefined || op.type === "unbindRequest" || op.type === "abandonRequest") return undefined;
  return controls.find((control) => control.critical && understood[control.oid]?.includes(op.type) !== true);
}
