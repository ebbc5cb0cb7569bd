import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { createOnnxBackend, exportOnnx } from "@graft/backend-select";
import { applyRule, type Backend, type Model, type Reference, referenceOf } from "@graft/core";
import { exportHdf5, exportKeras } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";
import { kerasPython, NO_KERAS } from "../setup/keras-python.ts";
import { realWeights } from "./real-weights.ts";
import { type SampleOptions, sampleModel } from "./sample-model.ts";

const EMOJI = join(import.meta.dirname, "../../packages/core/assets/emoji");
const python = kerasPython();

/** Both recipes, both kinds of output, a block of each sort. */
const CASES: readonly Omit<SampleOptions, "weights">[] = [
  { recipe: "gap", labels: ["animal", "food", "transport"], cut: "mixed7", size: 150 },
  { recipe: "classic", labels: ["animal 犬", "food"], cut: "mixed2", size: 75, hidden: 64 },
];

const answersSchema = z.array(
  z.object({
    model: z.string(),
    program: z.enum(["keras", "tf_keras", "onnxruntime"]),
    version: z.string(),
    probabilities: z.array(z.array(z.number())),
    layers: z.array(z.string()).optional(),
    labels: z.array(z.string()).optional(),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
);
type Answer = z.infer<typeof answersSchema>[number];

/** The first two images of each class of the embedded set. */
async function emojiImages({ manifest }: Model): Promise<Uint8Array[]> {
  const images: Uint8Array[] = [];
  for (const label of ["animal", "food", "transport"]) {
    const names = (await readdir(join(EMOJI, label))).sort().slice(0, 2);
    for (const name of names) {
      const decoded = await nodeDecoder.decode(await readFile(join(EMOJI, label, name)));
      images.push(applyRule(decoded, manifest.rule));
    }
  }
  return images;
}

/** A model that was exported to some files, and what graft says of a few images. */
interface Written {
  readonly model: Model;
  readonly reference: Reference;
  /** .h5, .keras, .onnx; of a head with one sigmoid also a .h5 and a .keras with its one column. */
  readonly paths: readonly string[];
}

async function write(options: (typeof CASES)[number], folder: string, backend: Backend): Promise<Written> {
  const model = sampleModel({ weights: await realWeights(), ...options });
  const reference = await referenceOf(model, await emojiImages(model), backend);
  const paths = ["h5", "keras", "onnx"].map((kind) => join(folder, `${options.recipe}.${kind}`));
  const [h5 = "", keras = "", onnx = ""] = paths;
  await exportHdf5(model, h5, { reference, backend });
  await exportKeras(model, keras, { reference, backend });
  await exportOnnx(model, onnx, { reference });
  if (model.manifest.head.activation === "softmax") return { model, reference, paths };
  const narrow = ["h5", "keras"].map((kind) => join(folder, `${options.recipe}.narrow.${kind}`));
  const [narrowH5 = "", narrowKeras = ""] = narrow;
  await exportHdf5(model, narrowH5, { reference, backend, columns: 1 });
  await exportKeras(model, narrowKeras, { reference, backend, columns: 1 });
  return { model, reference, paths: [...paths, ...narrow] };
}

/** Opens all files in the programs that they are for: one process, since TensorFlow's start takes longest. */
async function openAll(written: readonly Written[], folder: string): Promise<readonly Answer[]> {
  const requests = written.map(async ({ model: { manifest }, reference: { images }, paths }) => {
    const { rule, head, weights } = manifest;
    const raw = join(folder, `${head.recipe}.raw`);
    await writeFile(raw, Buffer.concat(images));
    const shape = [images.length, rule.size, rule.size, 3];
    return { images: raw, shape, inputRange: weights.inputRange, models: paths };
  });
  const running = promisify(execFile)(python ?? "", [join(import.meta.dirname, "open_exports.py")]);
  running.child.stdin?.end(JSON.stringify(await Promise.all(requests)));
  const { stdout } = await running;
  return answersSchema.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
}

/** An answer's probabilities, always one a class, held against graft's. */
function largestDifference({ probabilities }: Answer, { predictions }: Reference): number {
  const differences = predictions.flatMap(({ probabilities: expected }, i) => {
    const row = probabilities[i] ?? [];
    const found = row.length === 1 ? [1 - (row[0] ?? 0), row[0] ?? 0] : row;
    if (found.length !== expected.length) return [Number.NaN];
    return found.map((value, c) => Math.abs(value - (expected[c] ?? Number.NaN)));
  });
  return Math.max(...differences);
}

describe("exports in the programs that they are for", () => {
  if (python === undefined) {
    it.skip(`skipped: ${NO_KERAS}`, () => undefined);
    return;
  }
  let temporary: string;
  let written: readonly Written[];
  let answers: readonly Answer[];
  beforeAll(async () => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    temporary = await mkdtemp(join(tmpdir(), "graft-foreign-"));
    written = [];
    for (const options of CASES) written = [...written, await write(options, temporary, backend)];
    answers = await openAll(written, temporary);
  }, 240_000);
  afterAll(() => rm(temporary, { recursive: true, force: true }));

  it.each(CASES.map(({ recipe }, i) => [recipe, i] as const))(
    "give graft's own probabilities in Keras 3, Keras 2 and ONNX Runtime: %s",
    (_, i) => {
      const { model, reference, paths } = written[i] ?? expect.fail("it was written");
      const first = reference.predictions.map(({ probabilities }) => probabilities[0] ?? 0);
      expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(0.01); // the images are told apart
      const own = answers.filter((answer) => paths.includes(answer.model));
      for (const answer of own) {
        const difference = largestDifference(answer, reference);
        const text = `${basename(answer.model)} in ${answer.program} ${answer.version}`;
        console.log(`${text}: ${difference.toExponential(1)}`);
        expect(difference, text).toBeLessThan(1e-4);
        // a column a class, so that the largest is the answer, unless the single one was asked for
        const columns = basename(answer.model).includes("narrow") ? 1 : model.manifest.labels.length;
        expect(answer.probabilities[0], text).toHaveLength(columns);
        const { labels } = answer.metadata ?? {};
        expect(answer.labels ?? JSON.parse(labels ?? "null"), text).toEqual(model.manifest.labels);
      }
      const [h5, keras, onnx, narrowH5, narrowKeras] = paths;
      expect(own.map((answer) => [answer.model, answer.program])).toEqual([
        [h5, "keras"],
        [h5, "tf_keras"],
        [keras, "keras"],
        [onnx, "onnxruntime"],
        ...(narrowH5 === undefined
          ? []
          : [
              [narrowH5, "keras"],
              [narrowH5, "tf_keras"],
              [narrowKeras, "keras"],
            ]),
      ]);
      // the order in which the files count layers, all of them, is Keras's
      const layers = own.flatMap((answer) => (answer.layers ? [answer.layers.join()] : []));
      expect(new Set(layers).size).toBe(1);
    },
  );
});
