import { expect, it } from "vitest";
import * as z from "zod";
import { inputFaults, inputFaultsText } from "./input-faults.ts";

const schema = z.strictObject({
  id: z.string().min(1).max(5),
  limit: z.int().min(1).max(200).optional(),
  share: z.number().gt(0).lt(1).optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  role: z.enum(["admin", "member"]).optional(),
  names: z.array(z.string()).min(2).max(3).optional(),
  more: z.union([z.strictObject({ kind: z.literal("a") }), z.null()]).optional(),
  either: z.union([z.string(), z.number()]).optional(),
  one: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("x"), n: z.number() }),
      z.object({ kind: z.literal("y") }),
    ])
    .optional(),
  parts: z.record(z.string().max(3), z.boolean()).optional(),
  hash: z
    .string()
    .regex(/^[0-9a-f]{4}$/, "it must be 4 hexadecimal digits")
    .optional(),
  even: z
    .number()
    .refine((n) => n % 2 === 0)
    .optional(),
  both: z
    .boolean()
    .refine((yes) => yes, { error: "Nobody says no here." })
    .optional(),
});

it.each<[given: object, fault: string]>([
  [{ id: undefined }, '"id": it is missing, and must be a text'],
  [{ id: "" }, '"id": it must have at least 1 character, and is ""'],
  [{ id: "x".repeat(100) }, '"id": it must have at most 5 characters, and is a text of 100 characters'],
  [{ id: "a\nb\u202ec" }, ""],
  [{ id: 5 }, '"id": it must be a text, and is 5'],
  [{ limit: 0.5 }, '"limit": it must be a whole number, and is 0.5'],
  [{ limit: 1e300 }, '"limit": it must be at most 200, and is 1e+300'],
  [{ limit: Number.NaN }, '"limit": it must be a number, and is NaN'],
  [{ share: 0 }, '"share": it must be more than 0, and is 0'],
  [{ share: 1 }, '"share": it must be less than 1, and is 1'],
  [{ at: "now" }, '"at": it must be a time such as 2027-03-01T12:00:00Z, and is "now"'],
  [{ role: "x\u0007" }, '"role": it must be "admin" or "member", and is "x\\x07"'],
  [{ names: [] }, '"names": it must have at least 2 entries, and is an empty list'],
  [{ names: ["a", 1] }, '"names.1": it must be a text, and is 1'],
  [{ more: 3 }, '"more": it must be an object or null, and is 3'],
  [{ more: { kind: "b" } }, '"more.kind": it must be "a", and is "b"'],
  [{ either: null }, '"either": it must be a text or a number, and is null'],
  [{ one: { kind: "z" } }, '"one.kind": it must be "x" or "y", and is "z"'],
  [{ one: { kind: "x" } }, '"one.n": it is missing, and must be a number'],
  [{ parts: { long: true } }, '"parts.long": its name: it must have at most 3 characters, and is "long"'],
  [{ hash: "zz" }, '"hash": it must be 4 hexadecimal digits, and is "zz"'],
  [{ even: 1 }, '"even": it cannot be used, and is 1'],
  [{ both: false }, '"both": Nobody says no here'],
  [{ foo: 1 }, '"foo": there is nothing of this name'],
])("says of %j what it must be, and what it is", (given, fault) => {
  const input = { id: "x", ...given };
  const { error } = schema.safeParse(input);
  expect(error ? inputFaultsText(error, input) : "").toBe(fault);
});

it("says what is wrong with an input as a whole, and tells the first few of many faults", () => {
  const whole = schema.safeParse(null).error;
  expect(whole && inputFaults(whole, null)).toEqual([
    { path: "", message: "it must be an object, and is null" },
  ]);
  const input = { id: "x", ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`k${at}`, at])) };
  const many = schema.safeParse(input).error;
  expect(many && inputFaultsText(many, input, "`")).toMatch(/^`k0`: there .*`k4`: .*; and 3 more$/);
});
