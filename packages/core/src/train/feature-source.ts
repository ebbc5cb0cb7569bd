import type { Backend, Program } from "../backend.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { CoreError } from "../errors.ts";
import { type ExtractProgress, extractFeatures } from "../features/extract.ts";
import { poolOf, recipeSpace, rowShapeOf } from "../features/recipe-space.ts";
import type { FeatureSpace, FeatureTable } from "../features/types.ts";
import type { ImageRule } from "../image/types.ts";
import { trunkGraph } from "../trunk/build.ts";
import type { Augmentation, TrainConfig } from "./config.ts";
import { createThrottle, EVENT_INTERVAL_MS, type EventMaker } from "./event-maker.ts";
import type { TrainEvent, TrainEventBody } from "./events.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import { createRate } from "./rate.ts";
import { reportsOf } from "./reports.ts";
import type { TrainOptions } from "./types.ts";

/** Some images, and which copies of them. */
export interface FeatureRequest {
  readonly images: readonly DatasetImage[];
  readonly augmentation: Augmentation | null;
  readonly variants: readonly number[];
  /** False: computed, used and forgotten. */
  readonly stored: boolean;
  /** Of the phase's rows (image × copy): those of requests before this one, and all. */
  readonly progress: { readonly before: number; readonly total: number };
}

/** How an image becomes what the trunk sees. */
export function imageRule({ size, fit, resize }: TrainConfig): ImageRule {
  return { version: 1, size, fit, resize };
}

/** The rows of each variant, in the request's order. Images that turned out broken are left out of all. */
export type RowsByVariant = readonly LabelledRows[];

/** Makes features for one run, with one trunk for all of its requests. */
export class FeatureSource {
  readonly rowShape: readonly number[];
  /** Images that could not be used so far; no later request takes them. */
  readonly broken = new Set<DatasetImage>();
  readonly #options: TrainOptions;
  readonly #events: EventMaker;
  readonly #now: () => number;
  #program: Promise<Program> | undefined;
  #storeIsFull = false;

  constructor(options: TrainOptions, events: EventMaker, now: () => number) {
    this.rowShape = rowShapeOf(options.config);
    this.#options = options;
    this.#events = events;
    this.#now = now;
  }

  /** The space of features with an augmentation, or without (null). */
  space(augmentation: Augmentation | null): FeatureSpace {
    const { config, weights, backend } = this.#options;
    return recipeSpace({ config, rule: imageRule(config), weights, augmentation, backend });
  }

  /** @throws CoreError as `extractFeatures`; broken images become warnings. */
  async *rows(request: FeatureRequest): AsyncGenerator<TrainEvent, RowsByVariant> {
    const { variants } = request;
    const images = request.images.filter((image) => !this.broken.has(image));
    const table = yield* reportsOf<TrainEventBody, TrainEvent, FeatureTable>(
      (report, signal) =>
        extractFeatures({
          ...{ images, variants, signal, rowShape: this.rowShape },
          space: this.space(request.augmentation),
          store: request.stored ? this.#options.store : null,
          prepare: this.#options.prepare,
          decodeAhead: this.#options.decodeAhead,
          openProgram: () => this.#openProgram(),
          batch: this.#options.backend.limits.preferredBatch,
          onProgress: this.#progressReporter(request, report),
          onBroken: (image, error) => {
            this.broken.add(image);
            report(brokenWarning(image, error));
          },
          onStoreFull: (error) => this.#warnStoreFull(report, error),
        }),
      { show: (body) => this.#events.make(body), signal: this.#options.signal },
    );
    const kept = images.flatMap((image, at) => (this.broken.has(image) ? [] : [{ at, label: image.label }]));
    return variants.map((_, k) => ({
      table,
      positions: kept.map(({ at }) => at * variants.length + k),
      labels: kept.map(({ label }) => label),
    }));
  }

  /** Frees the trunk. */
  async dispose(): Promise<void> {
    const opened = await this.#program?.catch(() => undefined);
    this.#program = undefined;
    opened?.dispose();
  }

  /** The run's one trunk as a program that whoever asks may dispose of. */
  async #openProgram(): Promise<Program> {
    this.#program ??= compileTrunk(this.#options.backend, this.#options, poolOf(this.#options.config.recipe));
    const program = await this.#program;
    return { run: (inputs, state) => program.run(inputs, state), dispose: () => undefined };
  }

  #warnStoreFull(report: (body: TrainEventBody) => void, error: CoreError): void {
    if (this.#storeIsFull) return;
    this.#storeIsFull = true;
    const message = `${error.message} The features of this run are not kept; it goes on without.`;
    report({ type: "warning", code: error.code, message });
  }

  #progressReporter({ progress }: FeatureRequest, report: (body: TrainEventBody) => void) {
    const may = createThrottle(EVENT_INTERVAL_MS, this.#now);
    const rateOf = createRate(this.#now);
    const { before, total } = progress;
    return (extracted: ExtractProgress): void => {
      if (!may() && extracted.done < extracted.total) return;
      const rate = rateOf(extracted.done);
      const done = before + extracted.done;
      const facts = { phase: "features", done, total, unit: "images" } as const;
      report({ type: "progress", ...facts, ...(rate === undefined ? {} : { rate }) });
    };
  }
}

function compileTrunk(
  backend: Backend,
  { weights, config }: TrainOptions,
  pool: "avg" | "none",
): Promise<Program> {
  return backend.compile(trunkGraph(weights, { cut: config.cut, size: config.size, pool }));
}

function brokenWarning(image: DatasetImage, error: CoreError): TrainEventBody {
  const message = `${image.path} can not be used and is left out: ${error.message}`;
  return { type: "warning", code: "broken-image", message };
}
