// Bundled, with a FOLDER behind it: trains with its checkpoints in FOLDER on onnx:cpu,
// one event a line. crash.test.ts kills it.
import { createOnnxBackend } from "@graft/backend-select";
import { train } from "@graft/core";
import { openCheckpointStore } from "@graft/core/node";
import { CRASH_CONFIG, CRASH_IMAGES } from "./crash-training.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import { EVERY_STEP, makeTraining } from "./training-problem.ts";

const [folder = ""] = process.argv.slice(2);
await using backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
const checkpoints = openCheckpointStore(folder);
let time = 0;
const options = makeTraining(backend, CRASH_CONFIG, {
  ...{ checkpoints, numImages: CRASH_IMAGES, weights: randomTrunkWeights("mixed0") },
  // a clock so fast that every step is told of, and as many of them in a checkpoint as the disk can take
  ...EVERY_STEP,
  clock: () => (time += 1000),
});
for await (const event of train(options)) process.stdout.write(`${JSON.stringify(event)}\n`);
