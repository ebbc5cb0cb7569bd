import {
  type Backend,
  CoreError,
  calibrate,
  type Model,
  type Place,
  quantizeGraph,
  type Reference,
} from "@graft/core";
import { exportGraph, onnxFile } from "./export-model.ts";
import { lowerGraph } from "./lower.ts";
import type { RunOnnx } from "./write-onnx.ts";

export interface Int8ExportOptions {
  /** Measures the ranges in float32. */
  readonly backend: Backend;
  /** Images of the training, through the model's rule, [size, size, 3] uint8 each: ranges are taken from them. */
  readonly calibration: readonly Uint8Array[];
  /** What graft itself says of images that the training did not see. */
  readonly reference: Reference;
  readonly force?: boolean;
}

export interface Int8Exported {
  readonly path: string;
  /** Of the reference's images, the share that the file gives graft's own label. */
  readonly agreement: number;
  /** What the file says of each of the reference's images. */
  readonly predictions: readonly { readonly probabilities: Float32Array }[];
}

/** Of labels; under this something is broken, not rounded. */
const LEAST_AGREEMENT = 0.8;
const NOUN = "int8 ONNX model";

const surest = (probabilities: Float32Array): number => probabilities.indexOf(Math.max(...probabilities));

/** Without what it knows of likeness: its threshold was measured behind the float32 trunk. */
function withoutLikeness({ directions: _, ...model }: Model): Model {
  const { likeness: __, ...manifest } = model.manifest;
  return { ...model, manifest };
}

/** `exportOnnxInt8` (exports-node.ts) in any folder. */
export async function writeOnnxInt8(
  whole: Model,
  place: Place,
  { backend, calibration, reference, force = false }: Int8ExportOptions,
  run: RunOnnx,
): Promise<Int8Exported> {
  const model = withoutLikeness(whole);
  const graph = exportGraph(model);
  const ranges = await calibrate({ graph, backend, images: calibration });
  const lowered = lowerGraph(quantizeGraph(graph, ranges), {
    maxPoolTellsOffsets: true,
    trainsByGemm: false,
  });
  let predictions: Int8Exported["predictions"] = [];
  let agreement = 0;
  const check = async (file: Uint8Array): Promise<void> => {
    predictions = await run(file, reference.images, model.manifest.rule.size);
    const same = predictions.filter(({ probabilities }, i) => {
      const own = reference.predictions[i]?.probabilities;
      return own !== undefined && surest(probabilities) === surest(Float32Array.from(own));
    });
    agreement = same.length / Math.max(1, reference.images.length);
    if (agreement >= LEAST_AGREEMENT) return;
    throw new CoreError("corrupt", {
      what: `The ${NOUN} disagrees with the model too often, so it was removed.`,
      received: `the same label for ${same.length} of ${reference.images.length} images`,
      expected: `at least ${LEAST_AGREEMENT * 100} %`,
      fix: "Give images like those of the training with `data`, or export onnx in float32.",
    });
  };
  const pieces = [onnxFile(model, lowered)];
  const path = await place.folder.replaceFile(place.path, { noun: NOUN, force }, pieces, check);
  return { path, agreement, predictions };
}
