import * as z from "zod";
import type { Procedure } from "./procedures.ts";

/** JSON Schema as zod writes it, as far as it is looked at. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const known = z.custom<JsonSchema>((value) => typeof value === "object" && value !== null);

/** @throws Error for what no JSON can be: dates, bytes, maps. */
export function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return known.parse(z.toJSONSchema(schema, { io, unrepresentable: "throw" }));
}

/** Of a procedure's input; one that takes nothing takes an empty object. */
export function inputSchema({ input }: Procedure): JsonSchema {
  return input ? jsonSchema(input, "input") : { type: "object", properties: {}, additionalProperties: false };
}

/** What a "$ref" names. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  if (schema.$ref === "#") return root;
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref)?.[1];
  const found = name === undefined ? undefined : root.$defs?.[name];
  if (!found) throw new Error(`nothing is called ${schema.$ref}`);
  return found;
}

/** The schemas directly inside one, each with where it stands. */
export function inside(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const { properties = {}, items, additionalProperties, prefixItems = [], $defs = {} } = schema;
  const { anyOf = [], oneOf = [], allOf = [] } = schema;
  return [
    ...Object.entries(properties).map(([key, value]) => [`.${key}`, value] as const),
    ...Object.entries($defs).map(([key, value]) => [`#${key}`, value] as const),
    ...[...anyOf, ...oneOf, ...allOf].map((value, at) => [`|${at}`, value] as const),
    ...prefixItems.map((value, at) => [`[${at}]`, value] as const),
    ...(typeof items === "object" ? [["[]", items] as const] : []),
    ...(typeof additionalProperties === "object" ? [[".*", additionalProperties] as const] : []),
  ];
}
