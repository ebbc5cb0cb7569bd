/** Inputs that no client of good will sends, made from a procedure's JSON schema. */
import fc from "fast-check";
import { type JsonSchema, resolve } from "./json-schema.ts";

/** Values that programs stumble over, whatever was asked for. */
const HOSTILE: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, -0, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, -1e308, 5e-324],
  ...["", " ", "0", "-1", "1e999", "NaN", "null", "undefined", "true", "[object Object]"],
  ...[
    "a\u0000b",
    "\u0000",
    "\u001b[2J",
    "a\r\nSet-Cookie: b",
    "\ud800",
    "a\udfffb",
    "\ufffe",
    "\u202egnp.exe",
  ],
  ...[
    "../../../etc/passwd",
    "..\\..\\x",
    "/etc/passwd",
    "C:\\x",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
  ],
  ...["' or 1=1 --", '"; drop table tokens; --', "%00", "%2e%2e%2f", "{{7*7}}", "$where", "$ne"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "2099-99-99T99:99:99Z", "-271821-04-20"],
  ..."0001-01-01T00:00:00Z 9999-12-31T23:59:59.999Z 1969-12-31T23:59:59+23:59".split(" "),
  "x".repeat(101),
  "y".repeat(100_000),
  "é".repeat(5_000),
  "👩‍👩‍👧‍👦".repeat(50),
  "graft_0000",
  "0".repeat(26),
  "f".repeat(64),
  [],
  [[]],
  [null],
  Array.from({ length: 5_000 }, (_, at) => `id${at}`),
  Array.from({ length: 2_000 }, () => "same"),
  {},
  { a: { b: { c: {} } } },
  { $ne: null },
  JSON.parse('{"__proto__":{"role":"admin"}}'),
  JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`),
];

export const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
);

/** Values that the schema allows, as far as it is understood (patterns are not). */
export function allowed(schema: JsonSchema, root: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  if (depth > 6) return fc.constant(null);
  if (schema.$ref !== undefined) return allowed(resolve(schema, root), root, depth + 1);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const forms = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (forms) return fc.oneof(...forms.map((form) => allowed(form, root, depth + 1)));
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0];
  if (type === "string") return text(schema);
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  if (type === "integer" || type === "number") return number(schema, type === "integer");
  if (type === "array") return list(schema, root, depth);
  if (type === "object") return object(schema, root, depth);
  return fc.jsonValue({ maxDepth: 2 });
}

function text({ format, minLength = 0, maxLength = 200 }: JsonSchema): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(8e12) })
      .map((date) => date.toISOString());
  const longest = Math.min(maxLength, 200);
  return fc.oneof(
    fc.string({ minLength, maxLength: longest }),
    fc.string({ unit: "binary", minLength, maxLength: longest }),
  );
}

function number({ minimum, maximum }: JsonSchema, isWhole: boolean): fc.Arbitrary<number> {
  const min = Math.max(minimum ?? -(2 ** 31), -(2 ** 53) + 1);
  const max = Math.min(maximum ?? 2 ** 31, 2 ** 53 - 1);
  if (isWhole) return fc.integer({ min, max });
  return fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
}

function list({ items, minItems = 0, maxItems = 5 }: JsonSchema, root: JsonSchema, depth: number) {
  const item = typeof items === "object" ? allowed(items, root, depth + 1) : fc.jsonValue({ maxDepth: 1 });
  return fc.array(item, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 5)) });
}

function object(schema: JsonSchema, root: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const parts = Object.entries(properties).map(
    ([key, part]) => [key, allowed(part, root, depth + 1)] as const,
  );
  const known = fc.record<Record<string, unknown>>(Object.fromEntries(parts), {
    requiredKeys: [...required],
  });
  if (typeof additionalProperties !== "object") return known;
  const more = fc.dictionary(fc.string({ maxLength: 20 }), allowed(additionalProperties, root, depth + 1), {
    maxKeys: 3,
  });
  return fc.tuple(known, more).map(([some, others]) => ({ ...others, ...some }));
}

/** What is done to an input before it is sent. */
type Change = (input: unknown) => unknown;

/** Every place in a value, the value itself among them. */
function placesIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  const deeper = Object.entries(value).slice(0, 30);
  return [at, ...deeper.flatMap(([key, part]) => placesIn(part, [...at, key]))];
}

function changedAt(value: unknown, at: readonly string[], change: (part: unknown) => unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((part, index) => (String(index) === key ? changedAt(part, rest, change) : part));
  const entries = Object.entries(Object(value)).flatMap(([name, part]) => {
    if (name !== key) return [[name, part] as const];
    const changed = changedAt(part, rest, change);
    return changed === undefined ? [] : [[name, changed] as const];
  });
  return Object.fromEntries(entries);
}

/** Something else in a place; undefined takes it away. */
const replaced: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(1_000), fc.option(hostile, { nil: undefined, freq: 5 }))
  .map(([nth, value]) => (input) => {
    const places = placesIn(input);
    return changedAt(input, places[nth % places.length] ?? [], () => value);
  });

const ODD_KEYS = ["__proto__", "constructor", "", "isAdmin", "role", "owner", "a\u0000b", "limit "] as const;
const withKey: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom(...ODD_KEYS), hostile)
  .map(([key, value]) => (input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
    // as JSON.parse makes it: a key of its own, whatever its name
    return Object.defineProperty({ ...input }, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  });

/**
 * @param example an input that works; half of the inputs are it with something changed, so that what lies behind the first check is
 *   reached as well.
 */
export function fuzzed(schema: JsonSchema, example: unknown): fc.Arbitrary<unknown> {
  const begun = fc.oneof(fc.constant(example), allowed(schema, schema));
  const changes = fc.array(fc.oneof({ weight: 3, arbitrary: replaced }, withKey), { maxLength: 2 });
  return fc.tuple(begun, changes).map(([input, steps]) => steps.reduce((value, step) => step(value), input));
}
