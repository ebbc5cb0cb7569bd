import fc from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import { allowed, fuzzed } from "./fuzz-input.ts";
import { jsonSchema } from "./json-schema.ts";

const input = z.strictObject({
  id: z.string().min(1).max(20),
  limit: z.int().min(1).max(200).default(50),
  share: z.number().min(0).max(1).optional(),
  at: z.iso.datetime({ offset: true }),
  role: z.enum(["admin", "member"]),
  names: z.array(z.string().max(5)).min(1).max(3),
  more: z.union([z.strictObject({ kind: z.literal("a") }), z.null()]),
  parts: z.record(z.string(), z.boolean()).optional(),
});
const example = { id: "x", at: "2099-01-01T00:00:00Z", role: "member", names: ["a"], more: null };

it("what a schema allows is taken", () => {
  const schema = jsonSchema(input, "input");
  fc.assert(
    fc.property(allowed(schema, schema), (value) => {
      expect(input.safeParse(value).error?.issues ?? []).toEqual([]);
    }),
  );
});

it("inputs that are changed are taken and refused, each often, and every kind of fault is among them", () => {
  const schema = jsonSchema(input, "input");
  const faults = new Set<string>();
  let taken = 0;
  const values = fc.sample(fuzzed(schema, example), { numRuns: 2_000, seed: 1 });
  for (const value of values) {
    const { error } = input.safeParse(JSON.parse(JSON.stringify(value) ?? "null"));
    if (!error) taken++;
    for (const { code, path } of error?.issues ?? []) faults.add(`${String(path[0] ?? "")} ${code}`);
  }
  expect(taken).toBeGreaterThan(200);
  expect(taken).toBeLessThan(1_800);
  for (const key of ["id", "limit", "at", "role", "names"])
    expect(
      [...faults].some((fault) => fault.startsWith(`${key} `)),
      key,
    ).toBe(true);
  expect(faults).toContain(" unrecognized_keys");
  expect(faults).toContain(" invalid_type");
  expect(faults).toContain("id too_big");
  expect(faults).toContain("limit too_small");
});
