import { expect } from "vitest";

/** Two views of one kind over the same bytes; undefined: whether they are equal is for the others to say. */
function equalBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return undefined;
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return left && right?.equals(left) ? true : undefined;
}

// toEqual looks at typed arrays number by number, a second for a million of them: most of what some files took
expect.addEqualityTesters([equalBytes]);
