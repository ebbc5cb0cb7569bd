import { hostname, type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { HostNames } from "./certificate.ts";

/** Letters, digits and hyphens: a name that stands in certificates and addresses. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Of containers, virtual machines and tunnels: no phone comes by these, and they come and go. */
const VIRTUAL = /^(docker|br-|veth|virbr|vboxnet|vmnet|tun|tap|utun|wg|zt|podman|cni|vEthernet)/;

/** Networks of homes and schools first. */
const rank = (address: string): number =>
  ["192.168.", "10.", "172."].findIndex((start) => address.startsWith(start)) >>> 0;

/**
 * How this machine is called in its network, besides "localhost": its name, its name as phones find it without a name server
 * (mDNS), its addresses.
 */
export function machineNames(
  machine: string = hostname(),
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): HostNames {
  const name = machine.toLowerCase();
  const [short = name] = name.split(".");
  const names = [...new Set([name, `${short}.local`])].filter(
    (each) => NAME.test(each) && each !== "localhost",
  );
  const found = Object.entries(interfaces).flatMap(([key, each]) => (VIRTUAL.test(key) ? [] : (each ?? [])));
  const outside = found.filter(({ internal }) => !internal);
  const v4 = outside.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  // those that begin so are for one cable alone and cannot stand in an address; others change daily, so names do for them
  const v6 = outside.filter(({ family, address }) => family === "IPv6" && /^f[cd]/i.test(address));
  const addresses = [...new Set([...v4, ...v6.map(({ address }) => address)])];
  return { names, addresses: addresses.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)) };
}

/** Names that are always this machine's own. */
export const LOCAL: HostNames = { names: ["localhost"], addresses: ["127.0.0.1", "::1"] };
