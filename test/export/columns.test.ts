import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { type Backend, type Columns, columnsText, type Model, withColumns } from "@graft/core";
import { exportHdf5, exportKeras, exportTfjs } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patchReference } from "./formats.ts";
import { openInPlainTfjs, outputsOf } from "./plain-tfjs.ts";
import { randomWeights, sampleModel } from "./sample-model.ts";

const weights = randomWeights("mixed0");
const SMALL = { weights, cut: "mixed0", size: 75 } as const;
/** Names that an object of JavaScript would sort or swallow. */
const LABELS = ["10", "2"];
const classic = sampleModel({ ...SMALL, recipe: "classic", labels: LABELS, hidden: 16 });
const gap = sampleModel({ ...SMALL, recipe: "gap", labels: ["__proto__", "constructor", "10", "2"] });

let backend: Backend;
let temporary: string;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
  temporary = await mkdtemp(join(tmpdir(), "graft-columns-"));
});
afterAll(async () => {
  await backend.dispose();
  await rm(temporary, { recursive: true, force: true });
});

/** What plain TensorFlow.js says of a few images, and graft. */
async function inTfjs(model: Model, columns?: Columns) {
  const reference = await patchReference(model, backend);
  const options = { reference, backend, force: true, ...(columns === undefined ? {} : { columns }) };
  const { path } = await exportTfjs(model, join(temporary, "tfjs"), options);
  const network = await openInPlainTfjs(path);
  const outputs = await outputsOf(network, model, reference.images);
  const told = network.getUserDefinedMetadata();
  network.dispose();
  return { outputs, told, expected: reference.predictions.map(({ probabilities }) => [...probabilities]) };
}

describe("the columns of an export", () => {
  it("are one a class, so that the largest is the answer, also of a head with one sigmoid", async () => {
    const { outputs, told, expected } = await inTfjs(classic);
    for (const [i, row] of outputs.entries()) {
      expect(row).toHaveLength(2);
      // two engines' float32
      for (const [c, p] of row.entries()) expect(Math.abs(p - (expected[i]?.[c] ?? 9))).toBeLessThan(1e-4);
    }
    expect(told).toMatchObject({
      labels: LABELS,
      activation: "softmax",
      output: "2 columns, one for each class: 10, 2",
    });
  });

  it("are the single one of the training where it is asked for, and it is said what that is of", async () => {
    const { outputs, told, expected } = await inTfjs(classic, 1);
    for (const [i, row] of outputs.entries()) {
      expect(row).toHaveLength(1);
      expect(Math.abs((row[0] ?? 9) - (expected[i]?.[1] ?? 9))).toBeLessThan(1e-4);
    }
    expect(told).toMatchObject({ output: "one column: the probability of 2; that of 10 is 1 minus it" });
  });

  it("are made by numbers alone: the sigmoid's, beside a column of zeros", () => {
    const { head } = withColumns(classic);
    expect(head.get("predictions/kernel")?.filter((_, i) => i % 2 === 0)).toEqual(new Float32Array(16));
    expect(head.get("predictions/bias")).toEqual(
      Float32Array.of(0, classic.head.get("predictions/bias")?.[0] ?? 9),
    );
    expect(head.get("dense/kernel")).toBe(classic.head.get("dense/kernel"));
  });

  it("change nothing of a head that has one a class", async () => {
    expect(withColumns(gap)).toBe(gap);
    expect(columnsText(gap.manifest)).toBe("4 columns, one for each class: __proto__, constructor, 10, 2");
    const { told } = await inTfjs(gap);
    expect(told).toMatchObject({ labels: gap.manifest.labels });
  });

  it.each([1, 2] as const)("that a head cannot be written with are refused: %s", (columns) => {
    expect(() => withColumns(gap, columns)).toThrow(
      /cannot be written .*Received: `columns: \d`.*Expected: 4/,
    );
    expect(() => withColumns(gap, columns)).toThrow(/Leave out `columns`/);
  });
});

describe("a file of Keras, which keeps no labels itself", () => {
  it.each([
    ["model.h5", exportHdf5],
    ["model.keras", exportKeras],
  ] as const)("%s carries them as they are", async (name, write) => {
    const path = join(temporary, name);
    const labels = ["a 犬 b", 'quoted "c"'];
    const model = sampleModel({ ...SMALL, recipe: "gap", labels });
    const reference = await patchReference(model, backend);
    await write(model, path, { reference, backend });
    expect((await readFile(path)).includes(Buffer.from(JSON.stringify(labels)))).toBe(true);
  });
});
