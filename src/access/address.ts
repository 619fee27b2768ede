import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an address is an IP address that only this machine can reach. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** Whether only this machine can reach a host, an address or a name; undefined if the name is unknown. */
export async function isLoopbackHost(host: string): Promise<boolean | undefined> {
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.length === 0 ? undefined : addresses.every(({ address }) => isLoopbackAddress(address));
}

/**
 * Returns the key that a peer is counted by: an IPv4 address, also when written as IPv6; the network (first 64 bits) of an IPv6
 * address, since one machine may use any number of addresses in it.
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
