/**
 * Who is one caller, for limits: an IPv4 address; of IPv6 the first half, since one household has all of the other.
 * @param address as the host gives it: "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"; null in a page.
 */
export function addressKey(address: string | null): string {
  if (address === null) return "here";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = (address.toLowerCase().split("%")[0] ?? "").split("::");
  const before = head.split(":").filter((group) => group !== "");
  const after = tail.split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  const groups = [...before, ...zeros, ...after].map((group) => group.replace(/^0+(?=.)/, ""));
  return `${groups.slice(0, 4).join(":")}::/64`;
}
