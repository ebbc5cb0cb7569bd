import util from "node:util";
import { afterEach, expect, it } from "vitest";
import { restoreLegacyUtil } from "./legacy-util-node.ts";

const NAMES = ["isArray", "isNullOrUndefined"] as const;
const before = NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(util, name)] as const);

afterEach(() => {
  for (const [name, descriptor] of before) {
    if (descriptor) Object.defineProperty(util, name, descriptor);
    else Reflect.deleteProperty(util, name);
  }
});

it("gives node:util what tfjs-node calls where Node has taken it out", () => {
  for (const name of NAMES) Reflect.deleteProperty(util, name);
  expect(NAMES.some((name) => name in util)).toBe(false);
  restoreLegacyUtil();
  const call = (name: string, value: unknown): unknown =>
    Reflect.apply(Reflect.get(util, name), util, [value]);
  expect([null, undefined, 0, "", []].map((value) => call("isNullOrUndefined", value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect([[], {}, "a"].map((value) => call("isArray", value))).toEqual([true, false, false]);
});
