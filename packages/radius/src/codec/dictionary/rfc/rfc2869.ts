import type { AttributeDefinition } from "../attribute-definition.ts";
import { standardAttribute as attribute } from "../define.ts";

/** Attributes of RFC 2869 that are not about accounting, and EAP (RFC 3579). */
export const rfc2869: readonly AttributeDefinition[] = [
  attribute(70, "ARAP-Password", "octets"),
  attribute(71, "ARAP-Features", "octets"),
  attribute(72, "ARAP-Zone-Access", "integer", {
    values: { "Default-Zone": 1, "Zone-Filter-Inclusive": 2, "Zone-Filter-Exclusive": 4 },
  }),
  attribute(73, "ARAP-Security", "integer"),
  attribute(74, "ARAP-Security-Data", "text"),
  attribute(75, "Password-Retry", "integer"),
  attribute(76, "Prompt", "integer", { values: { "No-Echo": 0, Echo: 1 } }),
  attribute(77, "Connect-Info", "text"),
  attribute(78, "Configuration-Token", "text"),
  attribute(79, "EAP-Message", "octets", { concat: true }),
  attribute(80, "Message-Authenticator", "octets"),
  attribute(84, "ARAP-Challenge-Response", "octets"),
  attribute(87, "NAS-Port-Id", "text"),
  attribute(88, "Framed-Pool", "text"),
];
