/** What is wrong with an OpenAPI 3.1 document: the rules of the standard that a slip in our own maker could break. */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const METHODS = ["get", "put", "post", "delete", "patch"];
const TYPES = ["string", "number", "integer", "boolean", "null", "array", "object"];

export function openApiFaults(document: unknown): readonly string[] {
  const root = objectOf(document);
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(text);
  if (!/^3\.1\.\d+$/.test(String(root.openapi))) fault("openapi is not 3.1");
  const { title, version } = objectOf(root.info);
  if (typeof title !== "string" || typeof version !== "string") fault("info lacks title or version");
  const ids = new Set<unknown>();
  for (const [path, item] of Object.entries(objectOf(root.paths))) {
    if (!path.startsWith("/")) fault(`${path} does not begin with /`);
    for (const [method, value] of Object.entries(objectOf(item))) {
      const at = `${method} ${path}`;
      if (!METHODS.includes(method)) fault(`${at}: no such method`);
      const operation = objectOf(value);
      const { operationId, summary } = operation;
      if (typeof operationId !== "string" || ids.has(operationId))
        fault(`${at}: operationId missing or twice`);
      ids.add(operationId);
      if (typeof summary !== "string" || summary === "") fault(`${at}: no summary`);
      faults.push(...parameterFaults(at, path, operation), ...answerFaults(at, operation));
    }
  }
  faults.push(...referenceFaults(root));
  return faults;
}

function parameterFaults(at: string, path: string, { parameters, requestBody }: Json): readonly string[] {
  const faults: string[] = [];
  const declared = listOf(parameters).map(objectOf);
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const seen = new Set<string>();
  for (const { name, in: place, required, schema, content } of declared) {
    const key = `${String(place)} ${String(name)}`;
    if (seen.has(key)) faults.push(`${at}: ${key} twice`);
    seen.add(key);
    if (place !== "path" && place !== "query") faults.push(`${at}: ${key} is nowhere`);
    if (place === "path" && required !== true) faults.push(`${at}: ${key} is in the path and not required`);
    if (place === "path" && !inPath.has(String(name))) faults.push(`${at}: ${key} is not in the path`);
    if (isObject(schema) === isObject(content)) faults.push(`${at}: ${key} has no schema, or two`);
    if (isObject(content) && Object.keys(content).length !== 1)
      faults.push(`${at}: ${key} has several contents`);
  }
  for (const name of inPath) if (!seen.has(`path ${name}`)) faults.push(`${at}: {${name}} is not declared`);
  if (requestBody !== undefined && !isObject(objectOf(requestBody).content))
    faults.push(`${at}: a body without content`);
  return faults;
}

function answerFaults(at: string, { responses }: Json): readonly string[] {
  const entries = Object.entries(objectOf(responses));
  if (!entries.some(([status]) => /^2\d\d$/.test(status))) return [`${at}: no answer`];
  return entries.flatMap(([status, value]) => {
    const answer = objectOf(value);
    const isKnown = /^([1-5]\d\d|[1-5]XX|default)$/.test(status);
    const isTold = typeof answer.description === "string" || typeof answer.$ref === "string";
    return isKnown && isTold ? [] : [`${at}: the answer ${status} is not described`];
  });
}

/** Every reference leads somewhere, and every schema has types that there are. */
function referenceFaults(root: Json): readonly string[] {
  const faults: string[] = [];
  const walk = (value: unknown, at: string): void => {
    if (Array.isArray(value)) for (const [i, part] of value.entries()) walk(part, `${at}/${i}`);
    if (!isObject(value)) return;
    const { $ref, type } = value;
    if (typeof $ref === "string" && found(root, $ref) === undefined)
      faults.push(`${at}: ${$ref} leads nowhere`);
    if (at.includes("/schemas/") || at.endsWith("/schema"))
      for (const name of Array.isArray(type) ? type : [type])
        if (typeof name === "string" && !at.endsWith("/properties") && !TYPES.includes(name))
          faults.push(`${at}: no such type: ${name}`);
    for (const [key, part] of Object.entries(value)) if (key !== "example") walk(part, `${at}/${key}`);
  };
  walk(root, "");
  return faults;
}

function found(root: Json, reference: string): unknown {
  if (!reference.startsWith("#/")) return undefined;
  let value: unknown = root;
  for (const step of reference.slice(2).split("/")) value = objectOf(value)[step];
  return value;
}
