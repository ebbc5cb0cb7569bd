import { isSchema, type JsonSchema } from "../rpc/json-schema.ts";

/** Schemas that have a name of their own in the document. */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>();
  readonly #texts = new Map<string, string>();

  get schemas(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(this.#schemas);
  }

  /** Gives a schema a name. @returns what stands for it. */
  named(name: string, schema: JsonSchema): JsonSchema {
    return { $ref: `#/components/schemas/${this.#put(name, schema)}` };
  }

  /**
   * A schema as it stands in the document: what it names by itself (`$defs`, itself) moves to the components.
   * @param where in the document, for schemas without a name: "runs.create.input".
   */
  place({ $defs, ...schema }: JsonSchema, where: string): JsonSchema {
    const names = new Map<string, string>();
    const inner = isSchema($defs) ? Object.entries($defs) : [];
    // zod calls what has no name __schema0, __schema1 … anew in each schema
    for (const [name] of inner)
      names.set(`#/$defs/${name}`, name.startsWith("__") ? `${where}${name}` : name);
    if (JSON.stringify(schema).includes('"$ref":"#"')) {
      names.set("#", where);
      inner.push(["#", schema]);
    }
    const taken = new Map<string, string>();
    for (const [name, value] of inner) {
      const ref = name === "#" ? "#" : `#/$defs/${name}`;
      // with the names it asks for, so that a schema that is there already is known again
      taken.set(ref, this.#put(names.get(ref) ?? where, isSchema(value) ? renamed(value, names) : {}));
    }
    const own = taken.get("#");
    return own === undefined ? renamed(schema, taken) : { $ref: `#/components/schemas/${own}` };
  }

  /** One name for one schema: what a client sends and what it gets may differ under the name that both have. */
  #put(wanted: string, schema: JsonSchema): string {
    const text = JSON.stringify(schema);
    let name = wanted;
    for (let i = 2; this.#texts.has(name) && this.#texts.get(name) !== text; i++) name = `${wanted}${i}`;
    this.#texts.set(name, text);
    this.#schemas.set(name, schema);
    return name;
  }
}

/** A schema with other names in its `$ref`s. */
function renamed(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isSchema(value)) return value;
    const { $ref } = value;
    const name = typeof $ref === "string" ? names.get($ref) : undefined;
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part)]));
  };
  const walked = walk(schema);
  return isSchema(walked) ? walked : {};
}
