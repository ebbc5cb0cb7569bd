import type { Backend, Program, State } from "../backend/backend.ts";
import { readLogical, writeLogical } from "../backend/state.ts";
import type { TrainConfig } from "../config/config.ts";
import { type Graph, numElements, parametersOf } from "../graph/graph.ts";
import { createOptimizer, type Optimizer } from "../graph/optimizer.ts";
import { HEAD_INPUTS, type HeadBody, headGraphs } from "../head/build.ts";
import type { HeadSpec, HeadValues } from "../head/types.ts";

/** A head in an engine, perhaps on a tail: its two programs and the state they share. Whoever opened it disposes of it. */
export interface Trainer {
  readonly spec: HeadSpec;
  /** Of one row that it is fed. */
  readonly rowShape: readonly number[];
  /** Numbers of a sample's dropout mask; 0: the head drops nothing. */
  readonly maskWidth: number;
  readonly optimizer: Optimizer;
  readonly state: State;
  readonly train: Program;
  readonly evaluate: Program;
  /** Weights and slots by logical name, copied out. @param into what an earlier call gave, to be written again. */
  readParameters(into?: ReadonlyMap<string, Float32Array>): Promise<ReadonlyMap<string, Float32Array>>;
  /** Names that are not given keep their values (zero after opening). @throws CoreError `bad-input` for what does not fit. */
  writeParameters(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  /** The weights alone, copied out. */
  readWeights(): Promise<HeadValues>;
  /** Bytes of all parameters. */
  readonly parameterBytes: number;
  /** Frees the engine's memory. Idempotent. */
  dispose(): void;
}

/** Compiles the graphs; the state is zero. @param options.body default: the head takes the rows as they are. */
export async function openTrainer(options: {
  readonly backend: Backend;
  readonly spec: HeadSpec;
  readonly rowShape: readonly number[];
  readonly config: Pick<TrainConfig, "optimizer" | "momentum" | "weightDecay">;
  readonly body?: HeadBody;
}): Promise<Trainer> {
  const { backend, spec, rowShape, config, body } = options;
  const { optimizer: name, momentum, weightDecay } = config;
  const optimizer = createOptimizer({ name, momentum, weightDecay });
  const { blockBytes } = backend.limits;
  const graphs = headGraphs({ spec, rowShape, optimizer, blockBytes, ...(body ? { body } : {}) });
  const opened: { dispose(): void }[] = [];
  const dispose = (): void => {
    for (const held of opened.splice(0)) held.dispose();
  };
  const keep = <T extends { dispose(): void }>(held: T): T => {
    opened.push(held);
    return held;
  };
  try {
    const state = keep(await backend.createState(graphs.train));
    const train = keep(await backend.compile(graphs.train));
    const evaluate = keep(await backend.compile(graphs.evaluate));
    return {
      ...{ spec, rowShape, optimizer, state, train, evaluate, dispose },
      maskWidth: maskWidthOf(graphs.train),
      readParameters: (into) => readLogical(state, graphs.train, into ? { into } : {}),
      writeParameters: (values) => writeLogical(state, graphs.train, values),
      readWeights: () => readLogical(state, graphs.evaluate),
      parameterBytes: parametersOf(graphs.train).reduce((sum, { shape }) => sum + 4 * numElements(shape), 0),
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function maskWidthOf({ nodes }: Graph): number {
  const mask = nodes.find((node) => node.kind === "input" && node.name === HEAD_INPUTS.dropoutMask);
  return Number(mask?.shape[1] ?? 0);
}
