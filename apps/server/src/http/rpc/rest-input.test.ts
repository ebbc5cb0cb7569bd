import { describe, expect, it } from "vitest";
import * as z from "zod";
import { jsonSchemaOf } from "./json-schema.ts";
import { RestInput } from "./rest-input.ts";

const Named = z.object({ name: z.string() }).meta({ id: "Named" });
const schema = z.object({
  id: z.string(),
  limit: z.int().min(1).max(200).default(50),
  share: z.number().optional(),
  isOn: z.boolean().optional(),
  class: z.string().nullable().optional(),
  size: z.number().nullable().optional(),
  states: z.array(z.enum(["queued", "running"])).optional(),
  sizes: z.array(z.int()).optional(),
  kind: z.literal("a").optional(),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  by: Named.optional(),
});
const input = new RestInput(jsonSchemaOf(schema, "input"));

const from = (
  query: string,
  { path = {}, body }: { path?: Record<string, string>; body?: unknown } = {},
): unknown => input.from({ path: new Map(Object.entries(path)), query: new URLSearchParams(query) }, body);

describe("an input from a path, a query and a body", () => {
  it.each([
    // all that may be said may be left out
    ["", {}],
    ["limit=20", { limit: 20 }],
    ["share=-0.5e1", { share: -5 }],
    ["isOn=false", { isOn: false }],
    ["class=cats", { class: "cats" }],
    ["class=", { class: null }],
    ["size=", { size: null }],
    ["size=3", { size: 3 }],
    ["states=queued&states=running", { states: ["queued", "running"] }],
    ["states=queued", { states: ["queued"] }],
    ["sizes=1&sizes=2", { sizes: [1, 2] }],
    ["level=2", { level: 2 }],
    ["kind=a", { kind: "a" }],
    // what is no number stays a text, which the schema then refuses in its own words
    ["limit=many", { limit: "many" }],
    ["limit=", { limit: "" }],
    ["limit=0x10", { limit: "0x10" }],
    ["isOn=1", { isOn: "1" }],
    ["by=%7B%22name%22%3A%22a%22%7D", { by: { name: "a" } }],
  ])("%s", (query, expected) => expect(from(query)).toEqual(expected));

  it("takes a text for a text, also where it looks like a number", () => {
    expect(from("", { path: { id: "0123" } })).toEqual({ id: "0123" });
  });

  it("puts path, query and body together, a body's values as they are", () => {
    expect(from("limit=2", { path: { id: "a" }, body: { share: "0.5" } })).toEqual({
      id: "a",
      limit: 2,
      share: "0.5",
    });
  });

  it("gives nothing to a procedure that takes nothing, and a body that is no object to the schema", () => {
    const none = { path: new Map(), query: new URLSearchParams() };
    expect(new RestInput({}).from(none, undefined)).toBeUndefined();
    expect(from("", { body: [1] })).toEqual([1]);
  });

  it.each([
    ["limits=2", "There is no parameter `limits` here"],
    ["__proto__=2", "There is no parameter `__proto__` here"],
    ["constructor=2", "There is no parameter `constructor` here"],
    ["limit=2&limit=3", "`limit` is given twice"],
    ["by=%7B", "`by` is not JSON"],
  ])("refuses %s", (query, message) => expect(() => from(query)).toThrow(message));

  it("refuses what is given in two places, and a body that is no object beside others", () => {
    expect(() => from("", { path: { id: "a" }, body: { id: "b" } })).toThrow("`id` is given twice");
    expect(() => from("", { path: { id: "a" }, body: 3 })).toThrow("The body is no object");
  });

  it("keeps a body's `__proto__` a name like any other", () => {
    const made = from("", { path: { id: "a" }, body: JSON.parse('{"__proto__": {"isAdmin": true}}') });
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(made).not.toHaveProperty("isAdmin");
  });

  it("changes no schema", () => {
    expect(schema.safeParse({ id: "a", limit: "20" }).success).toBe(false);
  });

  it("finds the parameters of alternatives", () => {
    const either = z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("one"), count: z.int() }),
      z.object({ kind: z.literal("two"), isOn: z.boolean() }),
    ]);
    const of = new RestInput(jsonSchemaOf(either, "input"));
    const query = new URLSearchParams("kind=two&isOn=true");
    expect(of.from({ path: new Map(), query }, undefined)).toEqual({ kind: "two", isOn: true });
  });
});
