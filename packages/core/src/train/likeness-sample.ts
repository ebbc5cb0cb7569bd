import type { DatasetImage, Part } from "../dataset/types.ts";
import type { EventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import type { TapName } from "../features/recipe-space.ts";
import { learnDirections, unitDirections } from "../likeness/directions.ts";
import { likenessDistance, likenessVector } from "../likeness/distance.ts";
import { likenessLayers } from "../likeness/likeness-layers.ts";
import type { ForeignShare, Likeness } from "../likeness/types.ts";
import { quantile } from "../metrics/quantile.ts";
import { type FeatureRequest, FeatureSource, type SourceOptions } from "./feature-source.ts";
import { rowLength } from "./labelled-rows.ts";
import { FEWEST_FOR_LIKENESS, type LikenessImages, likenessImages } from "./likeness-images.ts";
import type { TrainOptions } from "./types.ts";
import { cachedVariants, variantOfEpoch } from "./variants.ts";

/** Share of the held-back images that are to count as like the training. */
const KEPT_SHARE = 0.95;
/** Of each tap: the likeness's own rows, 3 KB each, stay in memory, and blocks that the head trains on are left in the store. */
const MEMORY_BYTES = 4 * 2 ** 20;

/** What it needs of the run's context. */
interface Context {
  readonly options: SourceOptions & Pick<TrainOptions, "dataset" | "foreign" | "likeness">;
  readonly images: Readonly<Record<Part, readonly DatasetImage[]>>;
  readonly source: FeatureSource;
  readonly events: EventMaker;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
}

/**
 * What a training learns for telling pictures that are like nothing in it: of a sample of its images, whose features come with
 * those that it trains on. The same sample for the same images, whatever their order.
 */
export class LikenessSample {
  readonly #context: Context;
  readonly #sample: LikenessImages;
  #training: readonly Float32Array[] | undefined;
  #heldBack: readonly Float32Array[] | undefined;
  #foreign: readonly Float32Array[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.#sample = likenessImages(context.options, context.images);
  }

  /** What the trunk is to give for it beside what is trained on; none when nothing can be learned. */
  get taps(): readonly TapName[] {
    return this.#sample.taps;
  }

  /** Its images of a side; none when nothing can be learned. */
  imagesOf(part: "train" | "validation"): readonly DatasetImage[] {
    return this.#sample[part];
  }

  /**
   * Features of the training images in the sample, as the first epoch sees them.
   * @param request what the training itself asks the trunk for, so that these images go through it once.
   */
  async *seeTraining(request: SampleRequest = {}): AsyncGenerator<TrainEvent, void> {
    if (this.taps.length === 0 || this.#training) return;
    const { source, options } = this.#context;
    const { config } = options;
    this.#training = yield* this.#vectors(source, this.#sample.train, {
      ...request,
      augmentation: config.augment,
      variants: [variantOfEpoch(config, 1)],
      stored: cachedVariants(config) !== undefined,
    });
  }

  /** Features of the held-back images in the sample, and of pictures of something else, through the trunk that predicts. */
  async *seeHeldBack(request: SampleRequest = {}): AsyncGenerator<TrainEvent, void> {
    if (this.taps.length === 0 || this.#heldBack) return;
    const { source, options, events, clock } = this.#context;
    const isInt8 = options.config.precision === "int8";
    // predictions take the float32 trunk
    const exact = isInt8 ? new FeatureSource(options, { events, clock, lost: source.lost }) : source;
    const plain = { ...request, augmentation: null, variants: [0], stored: true };
    try {
      this.#heldBack = yield* this.#vectors(exact, this.#sample.validation, plain);
      this.#foreign = yield* this.#foreignVectors(exact, plain);
    } finally {
      if (isInt8) await exact.dispose();
    }
  }

  /**
   * Learns from what was seen, and sees what was not.
   * @returns undefined with too few images that can be read, or without a frozen block.
   */
  async *learn(): AsyncGenerator<TrainEvent, Likeness | undefined> {
    const { source, options } = this.#context;
    try {
      yield* this.seeTraining();
      yield* this.seeHeldBack();
    } finally {
      await source.dispose();
    }
    const [training, heldBack] = [this.#training ?? [], this.#heldBack ?? []];
    if (training.length < FEWEST_FOR_LIKENESS || heldBack.length < FEWEST_FOR_LIKENESS) return undefined;
    const directions = learnDirections(training);
    const width = training[0]?.length ?? 0;
    const kept = unitDirections(directions, width);
    // features that are all 0, of a trunk that is broken, span nothing
    if (kept.length === 0) return undefined;
    const distancesOf = (vectors: readonly Float32Array[]) =>
      Float64Array.from(vectors, (vector) => likenessDistance(kept, vector));
    const threshold = quantile(distancesOf(heldBack).sort(), KEPT_SHARE);
    const foreign = this.#foreignShare(distancesOf(this.#foreign), threshold);
    return {
      directions,
      facts: {
        layers: likenessLayers(options.config),
        directions: kept.length,
        threshold,
        keptShare: KEPT_SHARE,
        trainingImages: training.length,
        heldBack: heldBack.length,
        ...(foreign ? { foreign } : {}),
      },
    };
  }

  #foreignShare(distances: Float64Array, threshold: number): ForeignShare | undefined {
    const { foreign } = this.#context.options;
    if (!foreign || distances.length === 0) return undefined;
    const flagged = distances.filter((distance) => distance > threshold).length;
    return { name: foreign.name, images: distances.length, flagged };
  }

  async *#foreignVectors(
    source: FeatureSource,
    request: SourceRequest,
  ): AsyncGenerator<TrainEvent, Float32Array[]> {
    const { foreign, dataset } = this.#context.options;
    if (!foreign) return [];
    const images = await foreign.images();
    const own = new Set(dataset.images.map(({ hash }) => hash));
    // of a set that is made of them they are not something else
    if (images.some(({ hash }) => own.has(hash))) return [];
    const { prepare } = foreign;
    return yield* this.#vectors(source, images, { ...request, trained: [], prepare, progress: undefined });
  }

  /** One vector for each image that can be read. */
  async *#vectors(
    source: FeatureSource,
    images: readonly DatasetImage[],
    { trained = [], ...request }: SourceRequest,
  ): AsyncGenerator<TrainEvent, Float32Array[]> {
    const taps = [...new Set([...trained, ...this.taps])];
    const rows = yield* source.rows({ ...request, taps, images, memoryBytes: MEMORY_BYTES });
    const layers = await Promise.all(
      this.taps.map(async (tap) => {
        const found = rows.get(tap)?.[0];
        if (!found) throw new TypeError(`${tap} was asked for`);
        const length = rowLength(found.table);
        const data = new Float32Array(found.positions.length * length);
        await found.table.read(found.positions, data);
        return found.positions.map((_, i) => data.subarray(i * length, (i + 1) * length));
      }),
    );
    return (layers[0] ?? []).map((_, i) => likenessVector(layers.map((of) => of[i] ?? new Float32Array())));
  }
}

/** How a sample's features are asked for while the training asks for its own. */
export interface SampleRequest extends Partial<Pick<FeatureRequest, "progress" | "compiled">> {
  /** Taps that the training needs of these images, too. @default none */
  readonly trained?: readonly TapName[];
}

type SourceRequest = SampleRequest &
  Pick<FeatureRequest, "augmentation" | "variants" | "stored"> &
  Partial<Pick<FeatureRequest, "prepare">>;
