import { statSync } from "node:fs";

/** True when every output is there and none is older than an input: the build step has nothing to do. */
export function isUpToDate(outputs: readonly string[], inputs: readonly string[]): boolean {
  const times = outputs.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs);
  const oldest = Math.min(...times.map((time) => time ?? Number.NEGATIVE_INFINITY));
  return inputs.every((path) => statSync(path).mtimeMs <= oldest);
}
