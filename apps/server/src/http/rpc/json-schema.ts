import * as z from "zod";

/** A JSON schema (draft 2020-12), as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON schema of a zod schema.
 * @param io "input": what a client sends (a default need not be there); "output": what it gets.
 */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  // what JSON schema cannot say (a check in code) stays open; the procedure checks it all the same
  const {
    $schema: _dialect,
    "~standard": _check,
    ...plain
  }: Record<string, unknown> = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
  });
  return plain;
}

export const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schemas that a schema is one of, all of, or another name for; itself where it is none of these. */
export function alternatives(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  const target = referenced(schema, root);
  if (target) return alternatives(target, root);
  const parts = ["anyOf", "oneOf", "allOf"].flatMap((key) => {
    const list: unknown = schema[key];
    return Array.isArray(list) ? list.filter(isSchema) : [];
  });
  return parts.length === 0 ? [schema] : [schema, ...parts.flatMap((part) => alternatives(part, root))];
}

function referenced({ $ref }: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  if (typeof $ref !== "string" || !$ref.startsWith("#/")) return undefined;
  let found: unknown = root;
  for (const step of $ref.slice(2).split("/"))
    found = isSchema(found) ? found[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  return isSchema(found) ? found : undefined;
}

/** Properties of an object, of all its alternatives, by name. */
export function propertiesOf(root: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  for (const { properties } of alternatives(root, root))
    if (isSchema(properties))
      for (const [name, property] of Object.entries(properties)) {
        const known = found.get(name);
        if (isSchema(property)) found.set(name, known ? { anyOf: [known, property] } : property);
      }
  return found;
}

/** Names that every alternative of an object needs. */
export function requiredOf(root: JsonSchema): ReadonlySet<string> {
  const lists = alternatives(root, root).flatMap(({ properties, required }) =>
    isSchema(properties) ? [Array.isArray(required) ? required : []] : [],
  );
  const [first = [], ...others] = lists;
  return new Set(first.filter((name) => others.every((list) => list.includes(name))));
}
