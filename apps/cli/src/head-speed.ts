import {
  type Backend,
  createOptimizer,
  createRandom,
  HEAD_INPUTS,
  type HostTensor,
  headGraphs,
  headSpec,
  initialHeadValues,
  parseTrainConfig,
  type TrainConfig,
  writeLogical,
} from "@graft/core";
import { fastestMs } from "./trunk-speed.ts";

/** Share of mixed7's features that are exactly 0, as relu leaves them (DESIGN 3). */
const ZEROS = 0.84;

/** Milliseconds of one step of a recipe's head on mixed7 features of 150 × 150 images, two classes. */
export async function headStepMs(
  backend: Backend,
  recipe: TrainConfig["recipe"],
  runs: number,
): Promise<number> {
  const config = parseTrainConfig({ recipe });
  const spec = headSpec(config, 2);
  const rowShape = recipe === "gap" ? [768] : [7, 7, 768];
  const optimizer = createOptimizer({ name: config.optimizer });
  const { train } = headGraphs({ spec, rowShape, optimizer, blockBytes: backend.limits.blockBytes });
  const program = await backend.compile(train);
  const state = await backend.createState(train);
  try {
    await writeLogical(state, train, initialHeadValues(spec, rowShape, config.seed));
    const batch = config.batchSize;
    const random = createRandom("bench");
    const inputs: Record<string, HostTensor> = {
      [HEAD_INPUTS.features]: tensor([batch, ...rowShape], () => (random() < ZEROS ? 0 : 0.5)),
      [HEAD_INPUTS.labels]: tensor([batch, spec.units], (i) => i % 2),
      [HEAD_INPUTS.sampleWeights]: tensor([batch], () => 1 / batch),
      [HEAD_INPUTS.dropoutMask]: tensor([batch, spec.hidden || 768], (i) => (i % 5 === 0 ? 0 : 1.25)),
      ...optimizer.scalars({ step: 1, learningRate: config.learningRate }),
    };
    return await fastestMs(() => program.run(inputs, state), runs);
  } finally {
    program.dispose();
    state.dispose();
  }
}

function tensor(shape: readonly number[], value: (i: number) => number): HostTensor {
  const length = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => value(i)) };
}
