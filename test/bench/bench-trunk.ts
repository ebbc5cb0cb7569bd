// node --import tsx test/bench/bench-trunk.ts: images a second through the trunk at 150×150 to mixed7, onnx:cpu.
import { createOnnxBackend } from "@graft/backend-select";
import { randomTrunk } from "./inception.ts";
import { measure, printFigures } from "./measure.ts";

const SIZE = 150;
const backend = await createOnnxBackend({ provider: "cpu" });
const program = await backend.compile(randomTrunk(SIZE));
const figures: Record<string, number> = {};
const batches = process.argv.slice(2).map(Number);
for (const batch of batches.length > 0 ? batches : [32, 1]) {
  const data = Uint8Array.from({ length: batch * SIZE * SIZE * 3 }, () => Math.random() * 256);
  const images = { shape: [batch, SIZE, SIZE, 3], data };
  const runs = Math.max(8, Math.ceil(200 / batch));
  const { minimumMs, medianMs } = await measure(() => program.run({ images }), { runs });
  figures[`trunkBatch${batch}ImagesPerSecond`] = (batch * 1000) / minimumMs;
  figures[`trunkBatch${batch}MedianImagesPerSecond`] = (batch * 1000) / medianMs;
}
printFigures("graft onnx:cpu", figures);
await backend.dispose();
