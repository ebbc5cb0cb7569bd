import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { CoreError } from "@graft/core";

/** Who a request is from, as far as proxies that are believed tell it. */
export interface Client {
  /** null for a socket that is gone. */
  readonly address: string | null;
  /** It came to the first proxy by https. */
  readonly isTls: boolean;
}

/** How a client is found behind proxies. @param from the socket's own address */
export type TrustedProxies = (from: string, headers: IncomingMessage["headers"]) => Client;

const MOST_HOPS = 10;

/**
 * What a proxy writes into `X-Forwarded-For` is believed of those that are named, and of nobody else: whoever sends a request
 * can write into it whatever they like, and each proxy puts the address that it was asked from behind that.
 * @param text addresses and networks of the proxies ("10.0.0.2, 192.168.0.0/16"), or how many there are ("1"): then what comes
 *   past them is believed, too, so nobody may reach the server but through them.
 * @throws CoreError `bad-input`.
 */
export function trustedProxies(text: string): TrustedProxies {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const [only = ""] = words;
  if (words.length === 1 && /^\d+$/.test(only)) {
    const hops = Number(only);
    if (hops < 1 || hops > MOST_HOPS) throw refused(text);
    return (from, headers) => {
      const chain = [...toldBefore(headers["x-forwarded-for"]), from];
      return { address: lastGood(chain.slice(-1 - hops)), isTls: isHttps(headers["x-forwarded-proto"]) };
    };
  }
  const list = listOf(words, text);
  const isTrusted = (address: string): boolean => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return (from, headers) => {
    if (!isTrusted(from)) return { address: from, isTls: false };
    const before = toldBefore(headers["x-forwarded-for"]).reverse();
    const stranger = before.findIndex((address) => isIP(address) === 0 || !isTrusted(address));
    const chain = [from, ...(stranger === -1 ? before : before.slice(0, stranger + 1))].reverse();
    return { address: lastGood(chain), isTls: isHttps(headers["x-forwarded-proto"]) };
  };
}

const refused = (received: string): CoreError =>
  new CoreError("bad-input", {
    what: "`trustProxy` does not say which proxies are believed.",
    received: JSON.stringify(received),
    expected: `addresses or networks, such as 10.0.0.2 or 192.168.0.0/16, or how many proxies there are, from 1 to ${MOST_HOPS}`,
    fix: "Leave it out where no proxy is before the server.",
  });

function listOf(words: readonly string[], text: string): BlockList {
  const list = new BlockList();
  if (words.length === 0) throw refused(text);
  for (const word of words) {
    const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(word) ?? [];
    const version = isIP(address);
    if (version === 0 || Number(prefix ?? 0) > (version === 4 ? 32 : 128)) throw refused(text);
    const family = version === 4 ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Addresses as proxies write them, the client's own first: "192.0.2.1, 192.0.2.2:4711, [2001:db8::1]:80". */
const toldBefore = (header: string | string[] | undefined): string[] =>
  String(header ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry) => plainAddress(/^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? withoutPort(entry)));

const withoutPort = (entry: string): string => /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry)?.[1] ?? entry;

/** The client's end of the chain; what is no address ("unknown") ends it at who told that. */
function lastGood(chain: readonly string[]): string {
  const good = chain.slice(chain.findLastIndex((address) => isIP(address) === 0) + 1);
  return good[0] ?? chain.at(-1) ?? "";
}

/** Of more than one, the last is the nearest proxy's. */
const isHttps = (header: string | string[] | undefined): boolean =>
  String(header ?? "")
    .split(",")
    .at(-1)
    ?.trim()
    .toLowerCase() === "https";

/** An IPv4 address that came through an IPv6 socket is told as IPv4. */
export const plainAddress = (address: string): string =>
  /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
