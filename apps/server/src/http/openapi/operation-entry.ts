/** A procedure's entry in the document: parameters, body, answers. */
import { permissionOf } from "@graft/api";
import {
  alternatives,
  isSchema,
  type JsonSchema,
  jsonSchemaOf,
  propertiesOf,
  requiredOf,
} from "../rpc/json-schema.ts";
import type { Operation } from "../rpc/operations.ts";
import type { Components } from "./components.ts";

/** An id as `newId` makes them: it stands for what an example calls "$dataset", "$run" … */
const SAMPLE_ID = "0123456789abcdefghjkmnpqrs";

/** Below a path's first part, operations stand together. */
export const tagOf = (path: string): string => path.split("/")[1] ?? "";

/** Names of the parts of a path. */
export const partsOf = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name = ""]) => name);

/** In every operation: what else may come back. */
export const ERROR_ANSWERS = {
  "4XX": { $ref: "#/components/responses/Error" },
  "5XX": { $ref: "#/components/responses/Error" },
} as const;

function sample(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("$") ? SAMPLE_ID : value;
  if (Array.isArray(value)) return value.map(sample);
  if (!isSchema(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, sample(part)]));
}

/** An object's schema without some of its properties, which stand elsewhere in a request. */
function without(schema: JsonSchema, names: ReadonlySet<string>): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === "properties" && isSchema(value))
        return [key, Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)))];
      if (key === "required" && Array.isArray(value)) return [key, value.filter((name) => !names.has(name))];
      if (["anyOf", "oneOf", "allOf"].includes(key) && Array.isArray(value))
        return [key, value.map((part) => (isSchema(part) ? without(part, names) : part))];
      return [key, value];
    }),
  );
}

/** JSON in a query: what is neither a text, a number, a switch nor a list of these. */
const isObject = (schema: JsonSchema, root: JsonSchema): boolean =>
  alternatives(schema, root).some(({ type }) => type === "object");

export function operationEntry(operation: Operation, components: Components): JsonSchema {
  const { name, meta, type, input, output } = operation;
  const root = input ? jsonSchemaOf(input, "input") : {};
  const { $defs } = root;
  const place = (schema: JsonSchema, where: string): JsonSchema =>
    components.place(isSchema($defs) ? { ...schema, $defs } : schema, `${name}.${where}`);
  const inPath = new Set(partsOf(meta.path));
  const properties = propertiesOf(root);
  const required = requiredOf(root);
  const sendsBody = !["GET", "DELETE"].includes(meta.method);
  const examples = new Map(Object.entries(meta.example));
  const parameters = [
    ...inPath,
    ...[...properties.keys()].filter((key) => !inPath.has(key) && !sendsBody),
  ].map((key) => {
    const schema = properties.get(key) ?? { type: "string" };
    const { description } = schema;
    const placed = place(schema, key);
    return {
      ...{ name: key, in: inPath.has(key) ? "path" : "query" },
      required: inPath.has(key) || required.has(key),
      ...(typeof description === "string" ? { description } : {}),
      ...(isObject(schema, root)
        ? { content: { "application/json": { schema: placed } } }
        : { schema: placed }),
      ...(examples.has(key) ? { example: sample(examples.get(key)) } : {}),
    };
  });
  const inBody = [...properties.keys()].filter((key) => !inPath.has(key));
  const body = sendsBody && inBody.length > 0 ? place(without(root, inPath), "input") : undefined;
  const isNeeded = inBody.some((key) => required.has(key));
  const sent = Object.fromEntries([...examples].filter(([key]) => !inPath.has(key)));
  const answered = components.place(jsonSchemaOf(output, "output"), `${name}.output`);
  return {
    ...{ operationId: name, summary: meta.summary, tags: [tagOf(meta.path)] },
    ...(meta.description === undefined ? {} : { description: meta.description }),
    ...(meta.deprecated ? goes(meta.deprecated) : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: isNeeded,
            content: {
              "application/json": {
                schema: body,
                ...(Object.keys(sent).length > 0 ? { example: sample(sent) } : {}),
              },
            },
          },
        }),
    responses: { "200": type === "subscription" ? events(answered) : json(answered), ...ERROR_ANSWERS },
    ...(permissionOf(name, undefined) === "open" ? { security: [] } : {}),
  };
}

const goes = ({ since, sunset, instead }: NonNullable<Operation["meta"]["deprecated"]>): JsonSchema => ({
  deprecated: true,
  description: `Not to be used since ${since}: ${instead} It goes on ${sunset}.`,
});

const json = (schema: JsonSchema): JsonSchema => ({
  description: "Done.",
  content: { "application/json": { schema } },
});

const events = (event: JsonSchema): JsonSchema => ({
  description:
    "Server-sent events until there are no more. The data of each is JSON; its id is for `Last-Event-ID`, after which a client goes on. The last one is called `end`, or `failed` with an error.",
  content: { "text/event-stream": { schema: { type: "string" }, "x-event": event } },
});
