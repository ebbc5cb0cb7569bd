import { EdgeError } from "../edge/edge-error.ts";
import { parseJson } from "../edge/read-body.ts";
import { alternatives, isSchema, type JsonSchema, propertiesOf } from "./json-schema.ts";

type Kind = "string" | "number" | "boolean" | "null" | "array" | "object";

/** What a value may be, as its schema says; all, where the schema is open. */
function kindsOf(schema: JsonSchema, root: JsonSchema): ReadonlySet<Kind> {
  const kinds = new Set<Kind>();
  for (const { type, const: only, enum: values } of alternatives(schema, root)) {
    for (const name of Array.isArray(type) ? type : [type]) {
      if (name === "integer" || name === "number") kinds.add("number");
      else if (name === "string" || name === "boolean" || name === "null") kinds.add(name);
      else if (name === "array" || name === "object") kinds.add(name);
    }
    const listed: readonly unknown[] = Array.isArray(values) ? values : only === undefined ? [] : [only];
    for (const value of listed) {
      if (value === null) kinds.add("null");
      else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
        kinds.add(typeof value === "string" ? "string" : typeof value === "number" ? "number" : "boolean");
    }
  }
  return kinds;
}

/** A text as the value that its schema wants; what it cannot be stays a text, which the schema refuses in its own words. */
function valueOfText(text: string, kinds: ReadonlySet<Kind>, name: string): unknown {
  if (text === "" && kinds.has("null")) return null;
  if (kinds.has("string")) return text;
  if (kinds.has("boolean") && (text === "true" || text === "false")) return text === "true";
  if (kinds.has("number") && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (kinds.has("object")) return parseJson(text, `\`${name}\``);
  return text;
}

function itemsOf(schema: JsonSchema, root: JsonSchema): JsonSchema {
  for (const { items } of alternatives(schema, root)) if (isSchema(items)) return items;
  return {};
}

/** What a request says of its input, beside its body. */
export interface RestParts {
  readonly path: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
}

/** Makes the input of a procedure from a request of its path. */
export class RestInput {
  readonly #properties: ReadonlyMap<string, JsonSchema>;
  readonly #root: JsonSchema;

  /** @param root JSON schema of the input; {} for a procedure that takes none. */
  constructor(root: JsonSchema) {
    this.#root = root;
    this.#properties = propertiesOf(root);
  }

  /**
   * @param body the body's JSON; undefined where there is none.
   * @returns undefined where nothing was given to a procedure that takes nothing.
   * @throws EdgeError 400 for a parameter that there is not, or that is said twice.
   */
  from({ path, query }: RestParts, body: unknown): unknown {
    const given = new Map<string, unknown>();
    const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
    // own properties alone, "__proto__" among them as any other name
    if (isObject) for (const [name, value] of Object.entries(body)) given.set(name, value);
    const add = (name: string, value: unknown): void => {
      if (given.has(name))
        throw new EdgeError(400, {
          what: `\`${name}\` is given twice.`,
          fix: "Name it once: in the path, after the question mark or in the body.",
        });
      given.set(name, value);
    };
    for (const name of new Set(query.keys())) add(name, this.#fromQuery(name, query.getAll(name)));
    for (const [name, text] of path) add(name, valueOfText(text, this.#kinds(name), name));
    // `GET /runs` leaves out what it may; a procedure that takes nothing gets nothing
    if (given.size === 0) return body === undefined && this.#properties.size > 0 ? {} : body;
    if (body !== undefined && !isObject)
      throw new EdgeError(400, { what: "The body is no object.", expected: "a JSON object" });
    return Object.fromEntries(given);
  }

  #kinds(name: string): ReadonlySet<Kind> {
    const schema = this.#properties.get(name);
    return schema ? kindsOf(schema, this.#root) : new Set<Kind>(["string"]);
  }

  #fromQuery(name: string, texts: readonly string[]): unknown {
    const schema = this.#properties.get(name);
    if (schema === undefined)
      throw new EdgeError(400, {
        what: `There is no parameter \`${name.slice(0, 100)}\` here.`,
        expected: this.#properties.size === 0 ? "none" : [...this.#properties.keys()].join(", "),
      });
    const kinds = kindsOf(schema, this.#root);
    if (kinds.has("array")) {
      const items = kindsOf(itemsOf(schema, this.#root), this.#root);
      return texts.map((text) => valueOfText(text, items, name));
    }
    const [text = "", ...others] = texts;
    if (others.length > 0)
      throw new EdgeError(400, { what: `\`${name}\` is given twice.`, fix: "Name it once." });
    return valueOfText(text, kinds, name);
  }
}
