import { filled } from "../server/from-router/examples.ts";
import { PROCEDURES } from "../server/from-router/procedures.ts";

type Json = Record<string, unknown>;

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The server's own document, whose examples name what there is: requests that are made from them find something.
 * @param idOf what an example's "$dataset" is.
 */
export function documentWithIds(document: unknown, idOf: (name: string) => unknown): unknown {
  const examples = new Map(PROCEDURES.map(({ path, meta }) => [path, filled(meta?.example, idOf)]));
  const entry = (operation: unknown): unknown => {
    if (!isJson(operation)) return operation;
    const example = examples.get(String(operation.operationId));
    if (!isJson(example)) return operation;
    const { parameters, requestBody } = operation;
    const inParameters = new Set<string>();
    const withIds = Array.isArray(parameters)
      ? parameters.map((parameter: unknown) => {
          if (!isJson(parameter)) return parameter;
          const name = String(parameter.name);
          inParameters.add(name);
          return name in example ? { ...parameter, example: example[name] } : parameter;
        })
      : undefined;
    const sent = Object.fromEntries(Object.entries(example).filter(([name]) => !inParameters.has(name)));
    return {
      ...operation,
      ...(withIds ? { parameters: withIds } : {}),
      ...(isJson(requestBody) ? { requestBody: withExample(requestBody, sent) } : {}),
    };
  };
  return inPaths(withoutTuples(document), entry);
}

/** Tuples as lists of so many of these: schemathesis 4.32.5 refuses the schema of an answer that says "prefixItems". */
function withoutTuples(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTuples);
  if (!isJson(value)) return value;
  const { prefixItems, ...rest } = value;
  const same = Array.isArray(prefixItems) ? { ...rest, items: { anyOf: prefixItems } } : value;
  return Object.fromEntries(Object.entries(same).map(([key, part]) => [key, withoutTuples(part)]));
}

function withExample(body: Json, example: Json): Json {
  const { content } = body;
  const json = isJson(content) ? content["application/json"] : undefined;
  return isJson(content) && isJson(json)
    ? { ...body, content: { ...content, "application/json": { ...json, example } } }
    : body;
}

function inPaths(document: unknown, entry: (operation: unknown) => unknown): unknown {
  if (!isJson(document) || !isJson(document.paths)) throw new TypeError("the document has paths");
  // it asks below one address; what lies beside the API says so by servers of its own
  const isInside = ([, methods]: [string, unknown]): boolean =>
    !isJson(methods) ||
    !Object.values(methods).some((operation) => isJson(operation) && "servers" in operation);
  const paths = Object.entries(document.paths)
    .filter(isInside)
    .map(([path, methods]) => [
      path,
      isJson(methods)
        ? Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, entry(operation)]))
        : methods,
    ]);
  return { ...document, paths: Object.fromEntries(paths) };
}
