import { Dictionary } from "./dictionary.ts";
import { accounting } from "./rfc/accounting.ts";
import { extended } from "./rfc/extended.ts";
import { extensions } from "./rfc/extensions.ts";
import { ipv6 } from "./rfc/ipv6.ts";
import { rfc2865 } from "./rfc/rfc2865.ts";
import { rfc2869 } from "./rfc/rfc2869.ts";
import { tunnels } from "./rfc/tunnels.ts";
import { aruba } from "./vendors/aruba.ts";
import { cisco } from "./vendors/cisco.ts";
import { fortinet } from "./vendors/fortinet.ts";
import { juniper } from "./vendors/juniper.ts";
import { microsoft } from "./vendors/microsoft.ts";
import { mikrotik } from "./vendors/mikrotik.ts";
import { ubiquiti } from "./vendors/ubiquiti.ts";
import { wispr } from "./vendors/wispr.ts";

/**
 * The attributes of the RFCs, and the usual ones of Microsoft, Cisco, Aruba, MikroTik, Ubiquiti, WISPr, Juniper and
 * Fortinet. `extend` adds those of others.
 */
export const standardDictionary: Dictionary = new Dictionary([
  ...rfc2865,
  ...rfc2869,
  ...accounting,
  ...tunnels,
  ...ipv6,
  ...extensions,
  ...extended,
  ...microsoft,
  ...cisco,
  ...aruba,
  ...mikrotik,
  ...ubiquiti,
  ...wispr,
  ...juniper,
  ...fortinet,
]);
