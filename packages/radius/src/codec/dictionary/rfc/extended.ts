import type { AttributeDefinition } from "../attribute-definition.ts";
import { extendedAttribute, member, standardAttribute } from "../define.ts";

const first = extendedAttribute(241);
const fifth = extendedAttribute(245);

/** What stands in the three TLVs of RFC 8045 §3, in each some of it. */
const port = {
  type: member(1, "IP-Port-Type", "integer"),
  limit: member(2, "IP-Port-Limit", "integer"),
  externalIpv4: member(3, "IP-Port-Ext-IPv4-Addr", "ipv4addr"),
  internalIpv4: member(4, "IP-Port-Int-IPv4-Addr", "ipv4addr"),
  internalIpv6: member(5, "IP-Port-Int-IPv6-Addr", "ipv6addr"),
  internalPort: member(6, "IP-Port-Int-Port", "integer"),
  externalPort: member(7, "IP-Port-Ext-Port", "integer"),
  allocation: member(8, "IP-Port-Alloc", "integer", {
    values: { Reserved: 0, Allocation: 1, Deallocation: 2 },
  }),
  rangeStart: member(9, "IP-Port-Range-Start", "integer"),
  rangeEnd: member(10, "IP-Port-Range-End", "integer"),
  localId: member(11, "IP-Port-Local-Id", "text"),
};

/** Extended-Attributes (RFC 6929) and what later RFCs put there: 7499, 7833, 7930, 8045, 8559. */
export const extended: readonly AttributeDefinition[] = [
  ...[241, 242, 243, 244].map((type, i) =>
    standardAttribute(type, `Extended-Attribute-${i + 1}`, "extended"),
  ),
  ...[245, 246].map((type, i) => standardAttribute(type, `Extended-Attribute-${i + 5}`, "long-extended")),
  ...[241, 242, 243, 244, 245, 246].map((type, i) =>
    extendedAttribute(type)(26, `Extended-Vendor-Specific-${i + 1}`, "evs"),
  ),
  first(1, "Frag-Status", "integer", {
    values: {
      Reserved: 0,
      "Fragmentation-Supported": 1,
      "More-Data-Pending": 2,
      "More-Data-Request": 3,
    },
  }),
  first(2, "Proxy-State-Length", "integer"),
  first(3, "Response-Length", "integer"),
  first(4, "Original-Packet-Code", "integer"),
  first(5, "IP-Port-Limit-Info", "tlv", { members: [port.type, port.limit, port.externalIpv4] }),
  first(6, "IP-Port-Range", "tlv", {
    members: [port.type, port.externalIpv4, port.allocation, port.rangeStart, port.rangeEnd, port.localId],
  }),
  first(7, "IP-Port-Forwarding-Map", "tlv", {
    members: [
      port.type,
      port.externalIpv4,
      port.internalIpv4,
      port.internalIpv6,
      port.internalPort,
      port.externalPort,
      port.localId,
    ],
  }),
  first(8, "Operator-NAS-Identifier", "octets"),
  fifth(1, "SAML-Assertion", "text"),
  fifth(2, "SAML-Protocol", "text"),
];
