// node --conditions=graft-source --import tsx test/bench/bench-predict-memory.ts: how much the process that predicts grows by
// each model that it loads and uses, beside what apps/server/src/predict/model-memory.ts says: models with trunks of their
// own, heads over one trunk, classic heads, models that explain; then what comes back when they are given up.
import type { Model, TrunkWeights } from "@graft/core";
import { picture } from "../dataset/workplace.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { openPredictor, served } from "../server/open-predictor.ts";
import { machine } from "./figures.ts";

const COUNT = Number(process.env.MODELS ?? 4);
const weights = randomWeights("mixed7");
const pictures = await Promise.all(Array.from({ length: 32 }, (_, seed) => picture(seed)));

/** The same trunk but for one number: another one. */
function otherTrunk(seed: number): TrunkWeights {
  const [name = "", first] = [...weights.tensors][0] ?? [];
  if (!first) throw new TypeError("a trunk has tensors");
  const data = first.data.map((value, i) => (i === 0 ? value + 1e-4 * (seed + 1) : value));
  return { ...weights, tensors: new Map(weights.tensors).set(name, { ...first, data }) };
}

const gap = (trunk: TrunkWeights, run: string): Model => {
  const model = sampleModel({ weights: trunk, recipe: "gap", labels: ["a", "b", "c"], unlikeAbove: 0.5 });
  return { ...model, manifest: { ...model.manifest, run } };
};
const classic = (run: string): Model => {
  const model = sampleModel({ weights, recipe: "classic", labels: ["a", "b"] });
  return { ...model, manifest: { ...model.manifest, run } };
};

const KINDS: Readonly<Record<string, { readonly of: (i: number) => Model; readonly explain?: object }>> = {
  "trunk and head": { of: (i) => gap(otherTrunk(i), `own-${i}`) },
  "head over one trunk": { of: (i) => gap(weights, `shared-${i}`) },
  classic: { of: (i) => classic(`classic-${i}`) },
  "trunk and head that explain": { of: (i) => gap(otherTrunk(i), `explained-${i}`), explain: {} },
};

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`.padStart(8);
console.log(machine());
const [only] = process.argv.slice(2);
for (const [name, { of, explain }] of Object.entries(KINDS)) {
  if (only !== undefined && only !== name) continue;
  await using opened = await openPredictor({ threads: undefined, modelBytes: 8e9 });
  const { predictor } = opened;
  // what every first model brings: the engine's and the decoder's own
  const first = await served(
    sampleModel({ weights, recipe: "gap", labels: ["a", "b"], cut: "mixed0", size: 75 }),
  );
  await predictor.predict({ model: first, pictures });
  const start = await predictor.facts();
  for (let i = 0; i < COUNT; i++) {
    const model = await served(of(i));
    for (let round = 0; round < 3; round++)
      await predictor.predict({ model, pictures, ...(explain ? { explain } : {}) });
    const { residentBytes, modelBytes } = await predictor.facts();
    console.log(
      name.padEnd(30),
      `${i + 1}:`,
      `grew by ${mb(residentBytes - start.residentBytes)}, counted ${mb(modelBytes - start.modelBytes)}`,
    );
  }
}

// two models fit, four are asked in turn: what is given up comes back
if (only === undefined || only === "given up") {
  await using opened = await openPredictor({ threads: undefined, modelBytes: 290e6 });
  const { predictor } = opened;
  const models = await Promise.all([0, 1, 2, 3].map((i) => served(gap(otherTrunk(i), `turn-${i}`))));
  for (let round = 1; round <= 5; round++) {
    for (const model of models) await predictor.predict({ model, pictures });
    const { residentBytes, models: loaded } = await predictor.facts();
    console.log("given up".padEnd(30), `round ${round}: ${loaded} loaded, ${mb(residentBytes)} in all`);
  }
}
