import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(14_823);

/** Attributes of Aruba. */
export const aruba: readonly AttributeDefinition[] = [
  attribute(1, "Aruba-User-Role", "text"),
  attribute(2, "Aruba-User-Vlan", "integer"),
  attribute(3, "Aruba-Priv-Admin-User", "integer"),
  attribute(4, "Aruba-Admin-Role", "text"),
  attribute(5, "Aruba-Essid-Name", "text"),
  attribute(6, "Aruba-Location-Id", "text"),
  attribute(7, "Aruba-Port-Identifier", "text"),
  attribute(8, "Aruba-MMS-User-Template", "text"),
  attribute(9, "Aruba-Named-User-Vlan", "text"),
  attribute(10, "Aruba-AP-Group", "text"),
  attribute(11, "Aruba-Framed-IPv6-Address", "text"),
  attribute(12, "Aruba-Device-Type", "text"),
  attribute(14, "Aruba-No-DHCP-Fingerprint", "integer"),
  attribute(23, "Aruba-CPPM-Role", "text"),
  attribute(24, "Aruba-AirGroup-User-Name", "text"),
  attribute(25, "Aruba-AirGroup-Shared-User", "text"),
  attribute(26, "Aruba-AirGroup-Shared-Role", "text"),
  attribute(40, "Aruba-Port-Bounce-Host", "integer"),
  attribute(43, "Aruba-Captive-Portal-URL", "text"),
  attribute(44, "Aruba-MPSK-Passphrase", "octets", { encryption: "tunnel-password" }),
  attribute(51, "Aruba-NAS-Filter-Rule", "text"),
  attribute(53, "Aruba-UBT-Gateway-Role", "text"),
  attribute(54, "Aruba-Gateway-Zone", "text"),
];
