import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(2_636);

/** Attributes of Juniper's Junos. */
export const juniper: readonly AttributeDefinition[] = [
  attribute(1, "Juniper-Local-User-Name", "text"),
  attribute(2, "Juniper-Allow-Commands", "text"),
  attribute(3, "Juniper-Deny-Commands", "text"),
  attribute(4, "Juniper-Allow-Configuration", "text"),
  attribute(5, "Juniper-Deny-Configuration", "text"),
  attribute(8, "Juniper-Interactive-Command", "text"),
  attribute(9, "Juniper-Configuration-Change", "text"),
  attribute(10, "Juniper-User-Permissions", "text"),
  attribute(31, "Juniper-Primary-Dns", "ipv4addr"),
  attribute(33, "Juniper-Secondary-Dns", "ipv4addr"),
  attribute(44, "Juniper-Firewall-filter-name", "text"),
  attribute(48, "Juniper-Switching-Filter", "text"),
  attribute(49, "Juniper-VoIP-Vlan", "text"),
];
