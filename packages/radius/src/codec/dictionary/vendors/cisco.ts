import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(9);

/** Attributes of Cisco. Most of what it knows goes into Cisco-AVPair, as text such as `shell:priv-lvl=15`. */
export const cisco: readonly AttributeDefinition[] = [
  attribute(1, "Cisco-AVPair", "text"),
  attribute(2, "Cisco-NAS-Port", "text"),
  attribute(37, "Cisco-Policy-Up", "text"),
  attribute(38, "Cisco-Policy-Down", "text"),
  attribute(194, "Cisco-Maximum-Time", "integer"),
  attribute(195, "Cisco-Disconnect-Cause", "integer"),
  attribute(209, "Cisco-IP-Direct", "integer"),
  attribute(217, "Cisco-IP-Pool-Definition", "text"),
  attribute(218, "Cisco-Assign-IP-Pool", "integer"),
  attribute(242, "Cisco-Data-Filter", "integer"),
  attribute(244, "Cisco-Idle-Limit", "integer"),
  attribute(250, "Cisco-Account-Info", "text"),
  attribute(251, "Cisco-Service-Info", "text"),
  attribute(252, "Cisco-Command-Code", "text"),
  attribute(253, "Cisco-Control-Info", "text"),
];
