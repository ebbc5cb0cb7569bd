// Writes src/self-check/generated/expected.ts: what the float64 reference gives for the self-check's problem.
// usage: node --conditions=graft-source --import tsx packages/backend-select/scripts/make-self-check.ts
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createReferenceBackend } from "@graft/core/testing";
import { measureOps, measureStep } from "../src/self-check/measure.ts";
import { margin } from "./self-check-margin.ts";

/** Inputs of relu and the two largest of a pool's window are at least this far apart: rounding must not flip them. */
const MARGIN = 2e-3;
/** Raise it when the problem changes. */
const VERSION = 2;

let seed = 1;
while ((await margin(seed)) < MARGIN) seed++;

const backend = createReferenceBackend();
const text = (values: readonly { readonly name: string; readonly digest: readonly number[] }[]): string =>
  values
    .map(
      ({ name, digest }) =>
        `    { name: ${JSON.stringify(name)}, digest: [${digest.map((x) => Number(x.toPrecision(7))).join(", ")}] },\n`,
    )
    .join("");
const file = resolve(import.meta.dirname, "../src/self-check/generated/expected.ts");
writeFileSync(
  file,
  `// Made by scripts/make-self-check.ts from the float64 reference.
import type { OpName } from "@graft/core";
import type { Measured } from "../measure.ts";

export const EXPECTED: {
  readonly version: number;
  readonly seed: number;
  readonly ops: readonly Measured<OpName>[];
  readonly step: readonly Measured[];
} = {
  version: ${VERSION},
  seed: ${seed},
  ops: [
${text(await measureOps(backend, seed))}  ],
  step: [
${text(await measureStep(backend, seed))}  ],
};
`,
);
process.stdout.write(`${file}: seed ${seed}, margin ${await margin(seed)}\n`);
