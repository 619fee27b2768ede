import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine reaches an IP address; false for what is none. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** Whether only this machine reaches what listens on a host, an address or a name; undefined where the name is not known. */
export async function isLoopbackHost(host: string): Promise<boolean | undefined> {
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.length === 0 ? undefined : addresses.every(({ address }) => isLoopbackAddress(address));
}

/**
 * What stands for a peer where peers are counted: an IPv4 address, also one that is written as IPv6; of an IPv6 address the network,
 * its first 64 bits, since one machine may use as many of its addresses as it likes.
 */
export function countedAddress(address: string | undefined): string {
  const plain = address?.replace(/%.*/, "") ?? "";
  const [, ipv4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain) ?? [];
  if (ipv4 !== undefined) return ipv4;
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const ending = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address at the end stands for two groups.
  const endingGroups = ending.length + (tail?.includes(".") === true ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - groups.length - endingGroups;
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...ending];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
