import type { AttributeDefinition } from "../attribute-definition.ts";
import { vendorAttribute } from "../define.ts";

const attribute = vendorAttribute(311);

/** Attributes of Microsoft (RFC 2548): MS-CHAP, and keys for what is encrypted between a device and an access point. */
export const microsoft: readonly AttributeDefinition[] = [
  attribute(1, "MS-CHAP-Response", "octets"),
  attribute(2, "MS-CHAP-Error", "text"),
  attribute(3, "MS-CHAP-CPW-1", "octets"),
  attribute(4, "MS-CHAP-CPW-2", "octets"),
  attribute(5, "MS-CHAP-LM-Enc-PW", "octets"),
  attribute(6, "MS-CHAP-NT-Enc-PW", "octets"),
  attribute(7, "MS-MPPE-Encryption-Policy", "integer", {
    values: { "Encryption-Allowed": 1, "Encryption-Required": 2 },
  }),
  attribute(8, "MS-MPPE-Encryption-Types", "integer", {
    values: { "RC4-40bit-Allowed": 1, "RC4-128bit-Allowed": 2, "RC4-40or128-bit-Allowed": 6 },
  }),
  attribute(9, "MS-RAS-Vendor", "integer"),
  attribute(10, "MS-CHAP-Domain", "text"),
  attribute(11, "MS-CHAP-Challenge", "octets"),
  attribute(12, "MS-CHAP-MPPE-Keys", "octets", { encryption: "user-password" }),
  attribute(13, "MS-BAP-Usage", "integer", { values: { "Not-Allowed": 0, Allowed: 1, Required: 2 } }),
  attribute(14, "MS-Link-Utilization-Threshold", "integer"),
  attribute(15, "MS-Link-Drop-Time-Limit", "integer"),
  attribute(16, "MS-MPPE-Send-Key", "octets", { encryption: "tunnel-password" }),
  attribute(17, "MS-MPPE-Recv-Key", "octets", { encryption: "tunnel-password" }),
  attribute(18, "MS-RAS-Version", "text"),
  attribute(19, "MS-Old-ARAP-Password", "octets"),
  attribute(20, "MS-New-ARAP-Password", "octets"),
  attribute(21, "MS-ARAP-PW-Change-Reason", "integer", {
    values: {
      "Just-Change-Password": 1,
      "Expired-Password": 2,
      "Admin-Requires-Password-Change": 3,
      "Password-Too-Short": 4,
    },
  }),
  attribute(22, "MS-Filter", "octets"),
  attribute(23, "MS-Acct-Auth-Type", "integer", {
    values: { PAP: 1, CHAP: 2, "MS-CHAP-1": 3, "MS-CHAP-2": 4, EAP: 5 },
  }),
  attribute(24, "MS-Acct-EAP-Type", "integer", {
    values: { MD5: 4, OTP: 5, "Generic-Token-Card": 6, TLS: 13 },
  }),
  attribute(25, "MS-CHAP2-Response", "octets"),
  attribute(26, "MS-CHAP2-Success", "octets"),
  attribute(27, "MS-CHAP2-CPW", "octets"),
  attribute(28, "MS-Primary-DNS-Server", "ipv4addr"),
  attribute(29, "MS-Secondary-DNS-Server", "ipv4addr"),
  attribute(30, "MS-Primary-NBNS-Server", "ipv4addr"),
  attribute(31, "MS-Secondary-NBNS-Server", "ipv4addr"),
  attribute(33, "MS-ARAP-Challenge", "octets"),
  attribute(34, "MS-RAS-Client-Name", "text"),
  attribute(35, "MS-RAS-Client-Version", "text"),
  attribute(47, "MS-Network-Access-Server-Type", "integer"),
  attribute(50, "MS-Machine-Name", "text"),
];
