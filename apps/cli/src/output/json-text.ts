/**
 * A value as one line of JSON, as JSON.stringify writes it, but for a Map: an object with the Map's keys in the Map's order.
 * An object of JavaScript has those of its keys first, and by size, that are whole numbers, so that classes 1, 10 and 2
 * would not stay in the order of the labels, which other languages keep when they read it.
 */
export function jsonText(value: unknown): string {
  return textOf(value) ?? "null";
}

/** Undefined for what JSON leaves out of an object. */
function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (value instanceof Map) return objectText([...value]);
  if (typeof value !== "object" || value === null || "toJSON" in value) return JSON.stringify(value);
  return objectText(Object.entries(value));
}

function objectText(entries: readonly (readonly [unknown, unknown])[]): string {
  const members = entries.flatMap(([key, value]) => {
    const text = textOf(value);
    return text === undefined ? [] : [`${JSON.stringify(String(key))}:${text}`];
  });
  return `{${members.join(",")}}`;
}
