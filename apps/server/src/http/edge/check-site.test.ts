import { expect, it } from "vitest";
import { hostName } from "./check-site.ts";

it.each([
  ["localhost:4700", "localhost"],
  ["LocalHost", "localhost"],
  ["127.0.0.1:80", "127.0.0.1"],
  ["[::1]:4700", "::1"],
  ["[FD00::2]", "fd00::2"],
  ["vm.local.:4700", "vm.local"],
  ["", undefined],
  [undefined, undefined],
  ["a b", undefined],
  ["user@localhost", undefined],
  ["localhost:4700:1", undefined],
  ["localhost:123456", undefined],
  ["[::1", undefined],
  ["localhost/path", undefined],
])("reads the name in Host: %s", (host, expected) => expect(hostName(host)).toBe(expected));
