import {
  type CutLayer,
  featureShape,
  type HeadValues,
  headParameters,
  headSpec,
  type ImageRule,
  type LikenessFacts,
  likenessLayers,
  type Model,
  parseTrainConfig,
  TRUNK_TENSORS,
  type TrainConfigInput,
  type TrunkWeights,
  type WeightTensor,
} from "@graft/core";
import { testRandom } from "@graft/core/testing";
import { trunkTensors } from "../../packages/core/src/model/model-tensors.ts";

/**
 * InceptionV3 with random weights that keep activations in range, for tests that need no real ones.
 * @param cut those up to this layer alone: the whole trunk's 22 million take a second. @default all
 */
export function randomWeights(cut?: CutLayer): TrunkWeights {
  const random = testRandom(3);
  const specs = cut === undefined ? TRUNK_TENSORS : trunkTensors({ cut });
  const tensors = new Map<string, WeightTensor>(
    specs.map(({ name, shape }) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      const inputs = length / (shape.at(-1) ?? 1);
      const spread = name.endsWith("kernel") ? Math.sqrt(6 / inputs) : 0.1;
      const middle = name.endsWith("variance") ? 1 : 0;
      const data = Float32Array.from({ length }, () => middle + (2 * random.next() - 1) * spread);
      return [name, { shape, data }];
    }),
  );
  return { source: "file", origin: "random numbers", sha256: "0".repeat(64), inputRange: [-1, 1], tensors };
}

export interface SampleOptions {
  readonly weights: TrunkWeights;
  readonly recipe: "gap" | "classic";
  readonly labels: readonly string[];
  readonly cut?: CutLayer;
  readonly size?: number;
  readonly fit?: ImageRule["fit"];
  readonly trainedOn?: readonly string[];
  /** Units of a classic head's hidden layer, for tests that need no large one. @default as trained, 1024 */
  readonly hidden?: number;
  /** With random directions that a picture lies outside of, and this threshold. @default it has learned no likeness */
  readonly unlikeAbove?: number;
  /** @default every answer stands */
  readonly notSureBelow?: number;
}

const DIRECTIONS = 5;

/** What a model knows of its training, with random numbers. */
function sampleLikeness(cut: CutLayer, size: number, threshold: number) {
  const random = testRandom(8);
  const layers = likenessLayers({ cut });
  const channels = layers.reduce((sum, layer) => sum + featureShape(layer, size)[2], 0);
  const facts: LikenessFacts = {
    ...{ layers, threshold, directions: DIRECTIONS, keptShare: 0.95, trainingImages: 40, heldBack: 20 },
    foreign: { name: "emoji", images: 32, flagged: 30 },
  };
  return {
    facts,
    directions: Int8Array.from({ length: DIRECTIONS * channels }, () => random.int(-127, 127)),
  };
}

function sampleHead(model: Pick<Model, "manifest">): HeadValues {
  const { cut, head, rule } = model.manifest;
  const random = testRandom(5);
  return new Map(
    headParameters(head, featureShape(cut, rule.size)).map(({ name, shape }) => {
      const length = shape.reduce<number>((product, dim) => product * dim, 1);
      // as large as a trained head's: outputs that depend on the picture, none of them near 0 or 1
      const spread = name.endsWith("bias") ? 0.1 : 2 / Math.sqrt(shape[0]);
      return [name, Float32Array.from({ length }, () => (2 * random.next() - 1) * spread)];
    }),
  );
}

/** A whole model with a random head. */
export function sampleModel(options: SampleOptions): Model {
  const { weights, recipe, labels, cut = "mixed7", size = 150, fit = "stretch", trainedOn = [] } = options;
  const input: TrainConfigInput = { recipe, cut, size, fit };
  const config = parseTrainConfig(input);
  const head = headSpec(config, labels.length);
  const { unlikeAbove, notSureBelow } = options;
  const likeness = unlikeAbove === undefined ? undefined : sampleLikeness(cut, size, unlikeAbove);
  const manifest: Model["manifest"] = {
    labels,
    head: { ...head, hidden: options.hidden ?? head.hidden },
    cut,
    rule: { version: 1, size, fit, resize: "bilinear" },
    weights: {
      source: weights.source,
      origin: weights.origin,
      sha256: weights.sha256,
      inputRange: weights.inputRange,
    },
    config,
    metrics: { loss: 0.2, accuracy: 0.95, valLoss: 0.3, valAccuracy: 0.9 },
    run: "20260101-000000-sample",
    splitHash: "1".repeat(64),
    images: { train: trainedOn.length, validation: 40, test: 0 },
    trainedOn,
    ...(likeness ? { likeness: likeness.facts } : {}),
    ...(notSureBelow === undefined ? {} : { notSureBelow }),
    backend: "onnx:cpu",
    versions: { graft: "0.1.0" },
    createdAt: "2026-01-01T00:00:00.000Z",
  };
  const directions = likeness ? { directions: likeness.directions } : {};
  return { manifest, weights, head: sampleHead({ manifest }), ...directions };
}

/** The model of a process that is killed while it writes: small, its numbers drawn. */
export const smallModel = (): Model =>
  sampleModel({
    weights: randomWeights("mixed0"),
    recipe: "gap",
    labels: ["cat", "dog"],
    cut: "mixed0",
    size: 75,
  });
