import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(41_112);

/** Attributes of Ubiquiti: mostly how fast a client may be, with limits in bits per second. */
export const ubiquiti: readonly AttributeDefinition[] = [
  attribute(1, "UBNT-Data-Rate-DL", "integer"),
  attribute(2, "UBNT-Data-Rate-UL", "integer"),
  attribute(3, "UBNT-Data-Rate-Burst-DL", "integer"),
  attribute(4, "UBNT-Data-Rate-Burst-UL", "integer"),
];
