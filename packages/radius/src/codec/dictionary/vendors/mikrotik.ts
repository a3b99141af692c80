import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(14_988);

/** Attributes of MikroTik RouterOS. */
export const mikrotik: readonly AttributeDefinition[] = [
  attribute(1, "Mikrotik-Recv-Limit", "integer"),
  attribute(2, "Mikrotik-Xmit-Limit", "integer"),
  attribute(3, "Mikrotik-Group", "text"),
  attribute(4, "Mikrotik-Wireless-Forward", "integer"),
  attribute(5, "Mikrotik-Wireless-Skip-Dot1x", "integer"),
  attribute(6, "Mikrotik-Wireless-Enc-Algo", "integer", {
    values: { "No-encryption": 0, "40-bit-WEP": 1, "104-bit-WEP": 2, "AES-CCM": 3, TKIP: 4 },
  }),
  attribute(7, "Mikrotik-Wireless-Enc-Key", "text"),
  attribute(8, "Mikrotik-Rate-Limit", "text"),
  attribute(9, "Mikrotik-Realm", "text"),
  attribute(10, "Mikrotik-Host-IP", "ipv4addr"),
  attribute(11, "Mikrotik-Mark-Id", "text"),
  attribute(12, "Mikrotik-Advertise-URL", "text"),
  attribute(13, "Mikrotik-Advertise-Interval", "integer"),
  attribute(14, "Mikrotik-Recv-Limit-Gigawords", "integer"),
  attribute(15, "Mikrotik-Xmit-Limit-Gigawords", "integer"),
  attribute(16, "Mikrotik-Wireless-PSK", "text"),
  attribute(17, "Mikrotik-Total-Limit", "integer"),
  attribute(18, "Mikrotik-Total-Limit-Gigawords", "integer"),
  attribute(19, "Mikrotik-Address-List", "text"),
  attribute(20, "Mikrotik-Wireless-MPKey", "text"),
  attribute(21, "Mikrotik-Wireless-Comment", "text"),
  attribute(22, "Mikrotik-Delegated-IPv6-Pool", "text"),
  attribute(26, "Mikrotik-Wireless-VLANID", "integer"),
  attribute(27, "Mikrotik-Wireless-VLANID-Type", "integer", { values: { "802.1q": 0, "802.1ad": 1 } }),
  attribute(28, "Mikrotik-Wireless-Minsignal", "text"),
  attribute(29, "Mikrotik-Wireless-Maxsignal", "text"),
  attribute(30, "Mikrotik-Switching-Filter", "text"),
];
