// node --conditions=graft-source --import tsx train-child.ts FOLDER: trains with its checkpoints in FOLDER on onnx:cpu,
// one event a line. crash.test.ts kills it.
import { createOnnxBackend } from "@graft/backend-select";
import { train } from "@graft/core";
import { openCheckpointStore } from "@graft/core/node";
import { CRASH_CONFIG, CRASH_IMAGES } from "./crash-training.ts";
import { makeTraining } from "./training-problem.ts";

const [folder = ""] = process.argv.slice(2);
await using backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
const checkpoints = openCheckpointStore(folder);
for await (const event of train(
  makeTraining(backend, CRASH_CONFIG, { checkpoints, numImages: CRASH_IMAGES }),
))
  process.stdout.write(`${JSON.stringify(event)}\n`);
