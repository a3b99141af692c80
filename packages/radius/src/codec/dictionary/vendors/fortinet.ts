import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(12_356);

/** Attributes of Fortinet. */
export const fortinet: readonly AttributeDefinition[] = [
  attribute(1, "Fortinet-Group-Name", "text"),
  attribute(2, "Fortinet-Client-IP-Address", "ipv4addr"),
  attribute(3, "Fortinet-Vdom-Name", "text"),
  attribute(4, "Fortinet-Client-IPv6-Address", "octets"),
  attribute(5, "Fortinet-Interface-Name", "text"),
  attribute(6, "Fortinet-Access-Profile", "text"),
  attribute(7, "Fortinet-SSID", "text"),
  attribute(8, "Fortinet-AP-Name", "text"),
];
