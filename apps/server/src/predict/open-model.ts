import type { HeatMapNumbers, PictureAnswer } from "@graft/api";
import {
  CoreError,
  canShareTrunk,
  featureShape,
  GradCam,
  isUnlike,
  type Model,
  openFeaturePredictor,
  openHead,
  openPredictor,
  type Prediction,
} from "@graft/core";
import type { Engine } from "./engine.ts";
import { headMemory, trunkMemory } from "./model-memory.ts";
import type { TrunkRoom } from "./trunk-room.ts";

/** Where models compute. */
export interface ModelPlace {
  readonly engine: Engine;
  readonly trunks: TrunkRoom;
}

export interface ExplainedClass {
  /** @default the answer's own */
  readonly label?: number | undefined;
}

/** A model that is loaded. */
export interface OpenModel extends Disposable {
  readonly manifest: Pick<Model["manifest"], "labels" | "rule">;
  /** Memory that it takes, without a trunk that it shares. */
  readonly bytes: number;
  /**
   * @param image [size, size, 3], through the model's rule.
   * @param explain the class that is asked about; of a model that was opened for it.
   * @throws CoreError `cancelled`, `backend`; `bad-input` for a class that there is not.
   */
  answer(image: Uint8Array, explain: ExplainedClass | undefined, signal: AbortSignal): Promise<PictureAnswer>;
}

/** What a network says of one image, before it is told. */
interface Seen {
  readonly prediction: Prediction;
  /** At the cut, [h · w · channels]; of a model that was opened for explanations. */
  readonly features?: Float32Array;
}

interface Network {
  readonly bytes: number;
  ask(image: Uint8Array, signal: AbortSignal): Promise<Seen>;
  close(): void;
}

const floats = (data: Float32Array | Uint8Array | undefined): Float32Array => {
  if (data instanceof Float32Array) return data;
  throw new TypeError("features are 32-bit floats");
};

/** Head and trunk apart: the trunk is that of other models, too, and images of all of them go through it together. */
async function openOverTrunk(model: Model, place: ModelPlace, features: boolean): Promise<Network> {
  const trunk = await place.trunks.take(model, { features });
  const head = await openHead(model, place.engine.backend, { features }).catch((error: unknown) => {
    trunk.release();
    throw error;
  });
  return {
    bytes: headMemory(model, features),
    ask: (image, signal) =>
      trunk.line.add(image, signal, async (row) => {
        const prediction = await head.predict(row);
        return features ? { prediction, features: floats(row.outputs.features?.data) } : { prediction };
      }),
    close: () => {
      head[Symbol.dispose]();
      trunk.release();
    },
  };
}

/** The whole network for itself. */
async function openWhole(model: Model, { engine }: ModelPlace, features: boolean): Promise<Network> {
  const bytes = trunkMemory(model, engine.batch) + headMemory(model, features);
  if (features) {
    const predictor = await openFeaturePredictor(model, engine.backend);
    const line = engine.line<Seen>((images) => predictor.predictWithFeatures(images));
    return {
      bytes,
      ask: (image, signal) => line.add(image, signal, (seen) => seen),
      close: () => predictor.dispose(),
    };
  }
  const predictor = await openPredictor(model, engine.backend);
  const line = engine.line((images) => predictor.predict(images));
  return {
    bytes,
    ask: (image, signal) => line.add(image, signal, (prediction) => ({ prediction })),
    close: () => predictor.dispose(),
  };
}

/** @throws CoreError `bad-input`. */
function checkClass(label: number, labels: readonly string[]): void {
  if (label < labels.length) return;
  throw new CoreError("bad-input", {
    what: "The model has no such class.",
    received: `class ${label}`,
    expected: `0 to ${labels.length - 1}`,
  });
}

/** @returns what makes a map of one class. */
function heatMapper(model: Model): (seen: Seen, label: number) => HeatMapNumbers {
  const { head, cut, rule } = model.manifest;
  const gradCam = new GradCam({ head, values: model.head, shape: featureShape(cut, rule.size) });
  return ({ features = new Float32Array() }, label) => {
    const { height, width, data } = gradCam.map(features, label);
    return { label, height, width, data: [...data] };
  };
}

/**
 * Loads a model into the engine. Its arrays may be dropped afterwards, but for the head's of one that explains.
 * @param options.explains answers can be explained; a little slower, for features are read back.
 * @throws CoreError as `openPredictor`.
 */
export async function openModel(
  model: Model,
  place: ModelPlace,
  { explains }: { readonly explains: boolean },
): Promise<OpenModel> {
  const { labels, rule, likeness } = model.manifest;
  const open = canShareTrunk(model) ? openOverTrunk : openWhole;
  const network = await open(model, place, explains);
  const mapper = explains ? heatMapper(model) : undefined;
  const manifest = { labels, rule, ...(likeness ? { likeness } : {}) };
  return {
    manifest,
    bytes: network.bytes,
    async answer(image, explain, signal) {
      checkClass(explain?.label ?? 0, labels);
      const seen = await network.ask(image, signal);
      const { label, score, probabilities, distance } = seen.prediction;
      const unlike = isUnlike(manifest, seen.prediction);
      return {
        ...{ label, score, probabilities: [...probabilities] },
        ...(distance === undefined ? {} : { distance }),
        ...(unlike === undefined ? {} : { unlike }),
        ...(explain && mapper ? { heatMap: mapper(seen, explain.label ?? label) } : {}),
      };
    },
    [Symbol.dispose]: () => network.close(),
  };
}
