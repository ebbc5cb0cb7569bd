/** Examples name ids as "$dataset"; here they are found and filled in. */

const NAME = /^\$[a-zA-Z]+$/;

/** Names of ids in an example, each once. */
export function idsIn(example: unknown): readonly string[] {
  if (typeof example === "string") return NAME.test(example) ? [example] : [];
  if (typeof example !== "object" || example === null) return [];
  return [...new Set(Object.values(example).flatMap(idsIn))];
}

/** The example with what each name stands for. */
export function filled(example: unknown, idOf: (name: string) => unknown): unknown {
  if (typeof example === "string") return NAME.test(example) ? idOf(example) : example;
  if (typeof example !== "object" || example === null) return example;
  if (Array.isArray(example)) return example.map((item) => filled(item, idOf));
  return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, filled(value, idOf)]));
}
