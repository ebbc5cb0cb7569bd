// node --conditions=graft-source --import tsx test/bench/bench-unlike.ts DATA FOREIGN …: how many pictures of other things
// would be called unlike the training, where 95 / 99 % of DATA's validation images are not. DATA is a folder with train/
// and validation/, each FOREIGN a folder of images of anything else. "directions" is what graft does; beside it what it
// might do instead.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createRandom, likenessVector, parseNpy, quantile } from "@graft/core";
import * as z from "zod";
import { runCommand, withHome } from "./graft-command.ts";

const KEPT = [0.95, 0.99];
const [CENTROIDS, ROUNDS, NEIGHBOURS] = [64, 20, 5];
const WEIGHTS = ["--weights", "bundled"];
const BACKEND = ["--backend", "onnx:cpu"];

/** Of each image of a folder, a larger number for a stranger one. */
type Strangeness = (set: ImageSet) => readonly number[];

interface ImageSet {
  /** Pooled features by layer. */
  readonly mixed5: readonly Float32Array[];
  readonly mixed7: readonly Float32Array[];
  /** What the trained model says. */
  readonly scores: readonly number[];
  readonly distances: readonly number[];
}

const Answer = z.object({ score: z.number(), distance: z.number() });

async function featuresOf(folder: string, cut: string, home: string): Promise<Float32Array[]> {
  const out = join(home, "features.npy");
  await runCommand(["features", folder, "--cut", cut, "--out", out, "--force", ...WEIGHTS, ...BACKEND], home);
  const { shape, data } = parseNpy(readFileSync(out));
  const [count = 0, width = 0] = shape;
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from(data.subarray(i * width, (i + 1) * width), Number),
  );
}

async function look(folder: string, model: string, home: string): Promise<ImageSet> {
  const { lines } = await runCommand(["predict", model, folder, "--json", ...BACKEND], home);
  const answers = lines.flatMap((line) => Answer.safeParse(JSON.parse(line)).data ?? []);
  return {
    mixed5: await featuresOf(folder, "mixed5", home),
    mixed7: await featuresOf(folder, "mixed7", home),
    scores: answers.map(({ score }) => score),
    distances: answers.map(({ distance }) => distance),
  };
}

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const late = ({ mixed7 }: ImageSet): Float32Array[] => mixed7.map((row) => likenessVector([row]));
const both = ({ mixed5, mixed7 }: ImageSet): Float32Array[] =>
  mixed5.map((row, i) => likenessVector([row, mixed7[i] ?? new Float32Array()]));

function nearestIndex(vector: Float32Array, centres: readonly Float32Array[]): number {
  const near = centres.map((centre) => cosine(vector, centre));
  return near.indexOf(Math.max(...near));
}

/** k-means of unit vectors by cosine, from drawn vectors. */
function centroids(vectors: readonly Float32Array[]): Float32Array[] {
  const random = createRandom("bench-unlike");
  let centres = Array.from(
    { length: CENTROIDS },
    () => vectors[Math.floor(random() * vectors.length)],
  ).flatMap((vector) => vector ?? []);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = centres.map(({ length }) => new Float32Array(length));
    for (const vector of vectors) {
      const sum = sums[nearestIndex(vector, centres)];
      if (sum) for (const [i, value] of vector.entries()) sum[i] = (sum[i] ?? 0) + value;
    }
    centres = sums.map((sum, i) =>
      sum.some((value) => value !== 0) ? likenessVector([sum]) : (centres[i] ?? sum),
    );
  }
  return centres;
}

const farFrom = (known: readonly Float32Array[], count: number) => (vector: Float32Array) => {
  const near = known.map((other) => cosine(vector, other)).sort((a, b) => b - a);
  return 1 - near.slice(0, count).reduce((a, b) => a + b, 0) / count;
};

function candidates(training: ImageSet): Readonly<Record<string, Strangeness>> {
  const centresLate = centroids(late(training));
  const centresBoth = centroids(both(training));
  return {
    "the model's score alone": ({ scores }) => scores.map((score) => -score),
    [`${NEIGHBOURS} nearest training images, mixed7`]: (set) =>
      late(set).map(farFrom(late(training), NEIGHBOURS)),
    [`nearest of ${CENTROIDS} centroids, mixed7`]: (set) => late(set).map(farFrom(centresLate, 1)),
    [`nearest of ${CENTROIDS} centroids, both`]: (set) => both(set).map(farFrom(centresBoth, 1)),
    "directions, both": ({ distances }) => distances,
  };
}

const [data, ...foreign] = process.argv.slice(2);
if (data === undefined || foreign.length === 0) throw new Error("usage: bench-unlike.ts FOLDER FOREIGN …");
await withHome(async (home) => {
  const model = join(home, "model");
  await runCommand(["train", resolve(data), "--out", model, "--json", ...WEIGHTS, ...BACKEND], home);
  const training = await look(resolve(data, "train"), model, home);
  const heldBack = await look(resolve(data, "validation"), model, home);
  const sets = new Map<string, ImageSet>();
  for (const folder of foreign) sets.set(folder, await look(resolve(folder), model, home));
  console.log(`${training.scores.length} training and ${heldBack.scores.length} held-back images`);
  for (const [name, strangeness] of Object.entries(candidates(training))) {
    const usual = Float64Array.from(strangeness(heldBack)).sort();
    const bounds = KEPT.map((share) => quantile(usual, share));
    console.log(name);
    for (const [folder, set] of sets) {
      const found = strangeness(set);
      const shares = bounds.map((bound) => found.filter((value) => value > bound).length / found.length);
      const text = shares.map((share) => Math.round(100 * share)).join(" / ");
      console.log(`  ${folder}: ${text} % of ${found.length}`);
    }
  }
});
