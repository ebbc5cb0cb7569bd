import { sha256 } from "./sha256.ts";

/** The same text for equal values, whatever order their keys were written in; keys without a value are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}

/** SHA-256 of a value's canonical JSON: 64 hexadecimal digits. */
export async function hashJson(value: unknown): Promise<string> {
  return sha256(canonicalJson(value));
}
