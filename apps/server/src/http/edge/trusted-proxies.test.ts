import { describe, expect, it } from "vitest";
import { trustedProxies } from "./trusted-proxies.ts";

const PROXY = "10.0.0.2";
const told = (who: string, from: string, forwarded?: string, proto?: string) =>
  trustedProxies(who)(from, {
    ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }),
    ...(proto === undefined ? {} : { "x-forwarded-proto": proto }),
  });

describe("who a request is from, behind proxies that are named", () => {
  it.each([
    ["its proxy tells it", PROXY, "192.0.2.7", "192.0.2.7"],
    ["a client wrote something before", PROXY, "1.1.1.1, 192.0.2.7", "192.0.2.7"],
    ["a client pretends to be a proxy", PROXY, "1.1.1.1, 10.0.0.2, 192.0.2.7", "192.0.2.7"],
    ["two proxies pass it on", PROXY, "1.1.1.1, 192.0.2.7, 172.16.9.9", "192.0.2.7"],
    ["who is no proxy writes the header", "192.0.2.9", "1.1.1.1", "192.0.2.9"],
    ["the proxy itself asks", PROXY, undefined, PROXY],
    ["the proxy tells nothing", PROXY, " , ", PROXY],
    ["all are proxies", PROXY, "172.16.0.1", "172.16.0.1"],
    ["a port stands beside it", PROXY, "192.0.2.7:4711", "192.0.2.7"],
    ["it is IPv6", PROXY, "[2001:db8::7]:4711", "2001:db8::7"],
    ["it came through an IPv6 socket", PROXY, "::ffff:192.0.2.7", "192.0.2.7"],
    ["the proxy does not know it", PROXY, "1.1.1.1, unknown", PROXY],
    ["it is no address", PROXY, "1.1.1.1, <script>", PROXY],
    ["the proxy before does not know it", PROXY, "1.1.1.1, _hidden, 172.16.9.9", "172.16.9.9"],
  ])("%s", (_, from, forwarded, client) => {
    expect(told("10.0.0.2, 172.16.0.0/12 fd00::/8", from, forwarded).address).toBe(client);
  });

  it("hears of https from them alone", () => {
    expect(told(PROXY, PROXY, "192.0.2.7", "https")).toEqual({ address: "192.0.2.7", isTls: true });
    expect(told(PROXY, PROXY, "192.0.2.7", "http").isTls).toBe(false);
    // the nearest wrote the last
    expect(told(PROXY, PROXY, "192.0.2.7", "https, http").isTls).toBe(false);
    expect(told(PROXY, "192.0.2.9", "192.0.2.7", "https")).toEqual({ address: "192.0.2.9", isTls: false });
  });

  it("knows networks of both families", () => {
    expect(told("fd00::/8", "fd12::1", "192.0.2.7").address).toBe("192.0.2.7");
    expect(told("fd00::/8", "fe80::1", "192.0.2.7").address).toBe("fe80::1");
    expect(told("127.0.0.1 ::1", "::1", "192.0.2.7").address).toBe("192.0.2.7");
  });
});

describe("who a request is from, behind so many proxies", () => {
  it.each([
    ["1", "192.0.2.7", "192.0.2.7"],
    ["1", "1.1.1.1, 192.0.2.7", "192.0.2.7"],
    ["2", "1.1.1.1, 192.0.2.7, 10.0.0.1", "192.0.2.7"],
    ["2", "192.0.2.7", "192.0.2.7"],
    ["1", undefined, PROXY],
    ["1", "unknown", PROXY],
    ["2", "unknown, 10.0.0.1", "10.0.0.1"],
  ])("%s: %s", (hops, forwarded, client) => {
    expect(told(hops, PROXY, forwarded).address).toBe(client);
  });
});

it.each([
  "",
  " ",
  "0",
  "11",
  "true",
  "10.0.0.0/33",
  "10.0.0",
  "fd00::/129",
  "proxy.example",
  "10.0.0.1;10.0.0.2",
  "1 2",
])("%j names no proxies", (text) =>
  expect(() => trustedProxies(text)).toThrow("`trustProxy` does not say which proxies"),
);
