import {
  addTail,
  type Backend,
  createOptimizer,
  createRandom,
  featureShape,
  HEAD_INPUTS,
  type HeadBody,
  type HostTensor,
  headGraphs,
  headSpec,
  initialHeadValues,
  parseTrainConfig,
  type TrainConfig,
  type TrunkWeights,
  tailOf,
  writeLogical,
} from "@graft/core";
import { fastestMs } from "./trunk-speed.ts";

/** Share of mixed7's features that are exactly 0, as relu leaves them (DESIGN 3). */
const ZEROS = 0.84;
/** Of two classes, on 150 × 150 images cut at mixed7. */
const [CLASSES, SIZE, CHANNELS] = [2, 150, 768];
/** Images in a step that fine-tunes: the notebook's batch. */
const FINE_TUNE_BATCH = 20;

/** Milliseconds of one step of a recipe's head on mixed7 features. */
export function headStepMs(backend: Backend, recipe: TrainConfig["recipe"], runs: number): Promise<number> {
  const config = parseTrainConfig({ recipe });
  const rowShape = recipe === "gap" ? [CHANNELS] : [7, 7, CHANNELS];
  return stepMs(backend, { config, rowShape, headShape: rowShape, values: new Map(), runs });
}

/** Images a second of steps that train mixed6, mixed7 and a pooled head by RMSprop, on mixed5's output from the cache. */
export async function fineTuneRate(backend: Backend, weights: TrunkWeights, runs: number): Promise<number> {
  const config = parseTrainConfig({ batchSize: FINE_TUNE_BATCH, optimizer: "rmsprop", learningRate: 1e-5 });
  const tail = tailOf("mixed6", config.cut);
  const ms = await stepMs(backend, {
    ...{ config, runs, rowShape: featureShape(tail.base, SIZE), headShape: featureShape(config.cut, SIZE) },
    body: { append: (builder, x) => addTail(builder, x, tail, weights) },
    values: new Map(
      [...tail.trainable].map((name) => [name, weights.tensors.get(name)?.data ?? new Float32Array()]),
    ),
  });
  return (1000 * FINE_TUNE_BATCH) / ms;
}

interface StepCase {
  readonly config: TrainConfig;
  /** Of one row that is fed. */
  readonly rowShape: readonly number[];
  /** Of one row that the head takes. */
  readonly headShape: readonly number[];
  readonly body?: HeadBody;
  /** Of what lies below the head. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly runs: number;
}

async function stepMs(backend: Backend, given: StepCase): Promise<number> {
  const { config, rowShape, headShape, body, values, runs } = given;
  const spec = headSpec(config, CLASSES);
  const optimizer = createOptimizer({ name: config.optimizer });
  const { blockBytes } = backend.limits;
  const { train } = headGraphs({ spec, rowShape, optimizer, blockBytes, ...(body ? { body } : {}) });
  const program = await backend.compile(train);
  const state = await backend.createState(train);
  try {
    const start = new Map([...values, ...initialHeadValues(spec, headShape, config.seed)]);
    await writeLogical(state, train, start);
    const batch = config.batchSize;
    const random = createRandom("bench");
    const inputs: Record<string, HostTensor> = {
      [HEAD_INPUTS.features]: tensor([batch, ...rowShape], () => (random() < ZEROS ? 0 : 0.5)),
      [HEAD_INPUTS.labels]: tensor([batch, spec.units], (i) => i % 2),
      [HEAD_INPUTS.sampleWeights]: tensor([batch], () => 1 / batch),
      [HEAD_INPUTS.dropoutMask]: tensor([batch, spec.hidden || CHANNELS], (i) => (i % 5 === 0 ? 0 : 1.25)),
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
