import { BlockList, isIP } from "node:net";
import { DirectoryError } from "../errors.ts";

const lists = new Map<string, BlockList>();
const maxLists = 1000;

/**
 * Whether an address lies in one of the networks (CIDR notation or single addresses). An IPv4 address written as
 * IPv6 (`::ffff:192.0.2.1`) counts as the IPv4 address.
 */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  const plain = address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
  const family = isIP(plain);
  if (family === 0) return false;
  const key = networks.join(" ");
  let list = lists.get(key);
  if (list === undefined) {
    list = new BlockList();
    for (const network of networks) addNetwork(list, network);
    if (lists.size >= maxLists) lists.clear();
    lists.set(key, list);
  }
  return list.check(plain, family === 4 ? "ipv4" : "ipv6");
}

/** Whether the text is an address or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  try {
    addNetwork(new BlockList(), text);
    return true;
  } catch {
    return false;
  }
}

function addNetwork(list: BlockList, network: string): void {
  const [address = "", bits, ...rest] = network.split("/");
  const family = isIP(address);
  const width = family === 4 ? 32 : 128;
  const length = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (family === 0 || rest.length > 0 || length < 0 || length > width) {
    throw new DirectoryError("invalid-input", "not a network in CIDR notation");
  }
  list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
}
