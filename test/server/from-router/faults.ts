import { EXAMPLE_IDS } from "../example-ids.ts";
import { idsIn } from "./examples.ts";
import { inputSchema, inside, type JsonSchema, jsonSchema, resolve } from "./json-schema.ts";
import type { Procedure } from "./procedures.ts";

/** The forms that an input of alternatives may have. */
function formsOf(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf } = resolve(schema, root);
  const forms = anyOf ?? oneOf;
  return forms ? forms.flatMap((form) => formsOf(form, root)) : [resolve(schema, root)];
}

/** Where in a schema something holds, as ".items[].facts". */
function placesWhere(schema: JsonSchema, holds: (part: JsonSchema) => boolean, at = ""): readonly string[] {
  const deeper = inside(schema).flatMap(([key, part]) => placesWhere(part, holds, `${at}${key}`));
  return [...(holds(schema) ? [at] : []), ...deeper];
}

/** It says nothing: anything at all may stand there. */
function isOpen(schema: JsonSchema): boolean {
  const { type, enum: values, anyOf, oneOf, allOf, $ref } = schema;
  return (
    !("const" in schema) && [type, values, anyOf, oneOf, allOf, $ref].every((part) => part === undefined)
  );
}

/** It takes keys that nobody knows, so that a misspelt one would be passed over. */
const isLoose = ({ type, additionalProperties }: JsonSchema): boolean =>
  type === "object" && additionalProperties === undefined;

const isBytes = ({ format, contentEncoding }: JsonSchema): boolean =>
  format === "binary" || contentEncoding !== undefined;

function metaFaults({ meta, type }: Procedure): readonly string[] {
  if (!meta) return ["it has no meta"];
  const methods = type === "mutation" ? ["POST", "PUT", "PATCH", "DELETE"] : ["GET"];
  return [
    ...(/^[A-Z][^\n]{3,99}[^.\n]$/.test(meta.summary) ? [] : [`its summary is no line: ${meta.summary}`]),
    ...(/^(\/([a-z][a-z-]*|\{[a-zA-Z]+\}))+$/.test(meta.path) ? [] : [`its path is none: ${meta.path}`]),
    ...(methods.includes(meta.method) ? [] : [`a ${type} is no ${meta.method}`]),
  ];
}

function inputFaults(procedure: Procedure): readonly string[] {
  const root = inputSchema(procedure);
  const inPath = [...(procedure.meta?.path ?? "").matchAll(/\{([^}]+)\}/g)].map(([, key = ""]) => key);
  const forms = formsOf(root, root).flatMap(({ type, required = [], properties = {} }) => [
    ...(type === "object" ? [] : ["its input is no object"]),
    ...inPath
      .filter((key) => !required.includes(key) || !(key in properties))
      .map((key) => `its path has {${key}}, which its input does not need`),
  ]);
  return [
    ...forms,
    ...placesWhere(root, isLoose).map((at) => `its input takes unknown keys in "${at}": use z.strictObject`),
    ...placesWhere(root, isOpen).map((at) => `its input takes anything in "${at}"`),
    ...placesWhere(root, isBytes).map((at) => `its input takes bytes in "${at}"`),
  ];
}

function exampleFaults({ meta, input }: Procedure): readonly string[] {
  const unknown = idsIn(meta?.example).filter((name) => !(name in EXAMPLE_IDS));
  const issues = input?.safeParse(meta?.example).error?.issues ?? [];
  const isEmpty = Object.keys(meta?.example ?? {}).length === 0;
  return [
    ...unknown.map((name) => `its example names ${name}, which test/server/example-ids.ts does not have`),
    ...issues.map(({ path, message }) => `its example is not taken: ${path.join(".")} ${message}`),
    ...(input || isEmpty ? [] : ["its example has keys, and it takes none"]),
  ];
}

function outputFaults({ output, type }: Procedure): readonly string[] {
  // a stream's parts go through their own schema (`runs` has it), which tRPC does not show
  if (type === "subscription") return [];
  if (!output) return ["it has no output schema"];
  const root = jsonSchema(output, "output");
  return [
    // facts of an error are plain JSON by their own contract (core's `ErrorFacts`)
    ...placesWhere(root, isOpen)
      .filter((at) => !at.endsWith(".facts.*"))
      .map((at) => `its answer may be anything in "${at}"`),
    ...placesWhere(root, isBytes).map((at) => `its answer has bytes in "${at}"`),
  ];
}

/** What is wrong with how a procedure is declared. */
export function faultsOf(procedure: Procedure): readonly string[] {
  return [metaFaults, inputFaults, exampleFaults, outputFaults].flatMap((faults) => {
    try {
      return faults(procedure);
    } catch (error) {
      return [String(error)];
    }
  });
}
