// node --import tsx test/bench/bench-train-step.ts [blockBytes …]: the recipes' train steps on onnx:cpu, core's graphs.
import { createOnnxBackend } from "@graft/backend-select";
import type { Backend } from "@graft/core";
import { type BenchHead, CLASSIC, GAP, startValues, stepInputs, trainStep } from "./head-graphs.ts";
import { type Measure, measure, printFigures } from "./measure.ts";

/** Times one head's step; parameters live in the engine throughout. */
async function timeStep(backend: Backend, head: BenchHead, blockBytes: number): Promise<Measure> {
  const graph = trainStep(head, blockBytes);
  const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
  await state.write(startValues(graph));
  const inputs = stepInputs(head);
  const result = await measure(() => program.run(inputs, state), { runs: head.hidden > 0 ? 20 : 400 });
  program.dispose();
  state.dispose();
  return result;
}

const backend = await createOnnxBackend({ provider: "cpu" });
const given = process.argv.slice(2).map(Number);
for (const blockBytes of given.length > 0 ? given : [backend.limits.blockBytes]) {
  const [classic, gap] = [
    await timeStep(backend, CLASSIC, blockBytes),
    await timeStep(backend, GAP, blockBytes),
  ];
  if (given.length > 0) console.log(`blocks of ${blockBytes} bytes`);
  printFigures("graft onnx:cpu", {
    classicStepMs: classic.minimumMs,
    classicStepMedianMs: classic.medianMs,
    gapStepMs: gap.minimumMs,
    gapStepMedianMs: gap.medianMs,
  });
}
await backend.dispose();
