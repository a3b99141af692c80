import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(14_122);

/** Attributes of the Wi-Fi Alliance's WISPr, which hotspots of many makers know. */
export const wispr: readonly AttributeDefinition[] = [
  attribute(1, "WISPr-Location-ID", "text"),
  attribute(2, "WISPr-Location-Name", "text"),
  attribute(3, "WISPr-Logoff-URL", "text"),
  attribute(4, "WISPr-Redirection-URL", "text"),
  attribute(5, "WISPr-Bandwidth-Min-Up", "integer"),
  attribute(6, "WISPr-Bandwidth-Min-Down", "integer"),
  attribute(7, "WISPr-Bandwidth-Max-Up", "integer"),
  attribute(8, "WISPr-Bandwidth-Max-Down", "integer"),
  attribute(9, "WISPr-Session-Terminate-Time", "text"),
  attribute(10, "WISPr-Session-Terminate-End-Of-Day", "text"),
  attribute(11, "WISPr-Billing-Class-Of-Service", "text"),
];
