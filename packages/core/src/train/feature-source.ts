import type { Program } from "../backend/backend.ts";
import type { Augmentation, TrainConfig } from "../config/config.ts";
import type { LostImages } from "../dataset/lost-images.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { CoreError } from "../errors.ts";
import { createThrottle, type EventMaker } from "../events/event-maker.ts";
import type { TrainEvent, TrainEventBody } from "../events/events.ts";
import { extractTaps } from "../features/extract.ts";
import type { ExtractProgress } from "../features/extract-options.ts";
import { recipeSpace, recipeTap, rowShapeOf, type TapName } from "../features/recipe-space.ts";
import type { FeatureSpace, FeatureTable } from "../features/types.ts";
import type { ImageRule } from "../image/types.ts";
import { compileInt8 } from "../quantize/compile-int8.ts";
import { tappedTrunk } from "../trunk/build.ts";
import { type LabelledRows, readableRows } from "./labelled-rows.ts";
import { createRate } from "./rate.ts";
import { reportsOf } from "./reports.ts";
import type { TrainOptions } from "./types.ts";

/** What a run's features are made with and of. */
export type SourceOptions = Pick<
  TrainOptions,
  "config" | "weights" | "backend" | "prepare" | "decodeAhead" | "store" | "signal"
>;

/** How far a phase is said to be: it never goes back, whatever requests count. */
export interface PhaseProgress {
  /** Of the phase's rows (image × copy). */
  readonly total: number;
  /** The most that was told. */
  told: number;
}

/** Images that could not be used any more, as `LostImages` keeps them. */
export type LostList = Pick<LostImages, "has" | "add" | "refusal" | "notice">;

/** Some images, which copies of them, and what of the trunk. */
export interface FeatureRequest {
  readonly taps: readonly TapName[];
  readonly images: readonly DatasetImage[];
  readonly augmentation: Augmentation | null;
  readonly variants: readonly number[];
  /** False: computed, used and forgotten. */
  readonly stored: boolean;
  /** How far the phase is, and its rows of requests before this one. @default nothing is told */
  readonly progress?: { readonly before: number; readonly phase: PhaseProgress } | undefined;
  /** Taps that the trunk is compiled with, so that requests of fewer share it. @default taps */
  readonly compiled?: readonly TapName[];
  /** Of each table, as `extractTaps` has it. */
  readonly memoryBytes?: number;
  /** Where the images' pixels come from. @default the data set's */
  readonly prepare?: PrepareImage;
}

/** How an image becomes what the trunk sees. */
export function imageRule({ size, fit, resize }: TrainConfig): ImageRule {
  return { version: 1, size, fit, resize };
}

/** The rows of each variant, in the request's order. Images that turned out broken are left out of all. */
export type RowsByVariant = readonly LabelledRows[];
/** Of each tap that was asked for. */
export type RowsByTap = ReadonlyMap<TapName, RowsByVariant>;

/** What an int8 trunk's ranges are taken from. */
export interface TrunkCalibration {
  /** `calibrationId` of the images. */
  readonly id: string;
  /** The run's training images. */
  readonly images: readonly DatasetImage[];
}

/** Makes features for one run, with one trunk for all requests of the same taps. */
export class FeatureSource {
  /** Images that could not be used any more so far; no later request takes them. */
  readonly lost: LostList;
  readonly #options: SourceOptions;
  readonly #events: EventMaker;
  readonly #clock: () => number;
  #trunk: { readonly taps: string; readonly program: Promise<Program> } | undefined;
  readonly #calibration: TrunkCalibration | undefined;
  #storeIsFull = false;

  constructor(
    options: SourceOptions,
    {
      events,
      clock,
      calibration,
      lost,
    }: {
      readonly events: EventMaker;
      /** Milliseconds of a clock that never goes back. */
      readonly clock: () => number;
      readonly calibration?: TrunkCalibration | undefined;
      /** Of all that the run computes features of, with what another source of it lost already. */
      readonly lost: LostList;
    },
  ) {
    this.#options = options;
    this.lost = lost;
    this.#calibration = calibration;
    this.#events = events;
    this.#clock = clock;
  }

  /** Shape of one row of a tap. */
  rowShape(tap: TapName): readonly number[] {
    return rowShapeOf(this.#options.config, tap);
  }

  /** The space of a tap's features with an augmentation, or without (null). */
  space(
    tap: TapName,
    augmentation: Augmentation | null,
    { decoder }: Pick<PrepareImage, "decoder"> = this.#options.prepare,
  ): FeatureSpace {
    const { config, weights, backend } = this.#options;
    const calibration = this.#calibration?.id;
    return recipeSpace({
      ...{ config, weights, decoder, augmentation, backend, tap, calibration },
      rule: imageRule(config),
    });
  }

  /**
   * Images that are lost become one warning.
   * @throws CoreError as `extractFeatures`; `unreadable` when too many images are lost (see {@link LostImages}).
   */
  async *rows(request: FeatureRequest): AsyncGenerator<TrainEvent, RowsByTap> {
    const { taps, variants, augmentation, memoryBytes, compiled = taps } = request;
    const images = request.images.filter((image) => !this.lost.has(image));
    const { config, prepare, decodeAhead } = this.#options;
    const tables = yield* reportsOf<TrainEventBody, TrainEvent, readonly FeatureTable[]>(
      (report, signal) =>
        extractTaps({
          ...{ images, variants, signal },
          taps: taps.map((tap) => ({
            ...{
              output: tap,
              space: this.space(tap, augmentation, request.prepare),
              rowShape: this.rowShape(tap),
            },
          })),
          store: request.stored ? this.#options.store : null,
          prepare: request.prepare ?? prepare,
          ...(memoryBytes === undefined ? {} : { memoryBytes }),
          decodeAhead,
          openProgram: () => this.#openProgram(compiled),
          batch: this.#options.backend.limits.preferredBatch,
          ...(request.progress ? { onProgress: this.#progressReporter(request.progress, report) } : {}),
          onBroken: (image, error) => this.lost.add(image, error),
          onStoreFull: (error) => this.#warnStoreFull(report, error),
        }).catch(async (error: unknown) => {
          throw await this.lost.refusal(error, { prepare, decodeAhead, signal, rule: imageRule(config) });
        }),
      { show: (body) => this.#events.make(body), signal: this.#options.signal },
    );
    const message = this.lost.notice();
    if (message !== undefined) yield this.#events.make({ type: "warning", code: "broken-image", message });
    const { lost } = this;
    const rowsOf = (table: FeatureTable): RowsByVariant =>
      variants.map((_, variant) =>
        readableRows(table, images, { broken: lost, variants: variants.length, variant }),
      );
    return new Map(
      taps.flatMap((tap, at) => {
        const table = tables[at];
        return table ? [[tap, rowsOf(table)] as const] : [];
      }),
    );
  }

  /** Frees the trunk. */
  async dispose(): Promise<void> {
    const opened = await this.#trunk?.program.catch(() => undefined);
    this.#trunk = undefined;
    opened?.dispose();
  }

  /** The run's trunk, for these taps, as a program that whoever asks may dispose of. */
  async #openProgram(taps: readonly TapName[]): Promise<Program> {
    const key = taps.join();
    if (this.#trunk?.taps !== key) await this.dispose();
    this.#trunk ??= { taps: key, program: compileTrunk(this.#options, taps, this.#calibration) };
    const program = await this.#trunk.program;
    return { run: (inputs, state) => program.run(inputs, state), dispose: () => undefined };
  }

  #warnStoreFull(report: (body: TrainEventBody) => void, error: CoreError): void {
    if (this.#storeIsFull) return;
    this.#storeIsFull = true;
    const message = `${error.message} The run continues, but its features are not kept.`;
    report({ type: "warning", code: error.code, message });
  }

  #progressReporter(
    { before, phase }: NonNullable<FeatureRequest["progress"]>,
    report: (body: TrainEventBody) => void,
  ) {
    const may = createThrottle(this.#events.intervalMs, this.#clock);
    const rateOf = createRate(this.#clock);
    return (extracted: ExtractProgress): void => {
      if (!may() && extracted.done < extracted.total) return;
      const rate = rateOf(extracted.done);
      const done = before + extracted.done;
      // what another request told already is no news: rows that are read from the store again, the end of each tap
      if (done <= phase.told) return;
      phase.told = done;
      const facts = { phase: "features", done, total: phase.total, unit: "images" } as const;
      report({ type: "progress", ...facts, ...(rate === undefined ? {} : { rate }) });
    };
  }
}

function compileTrunk(
  { backend, weights, config, prepare, signal }: SourceOptions,
  names: readonly TapName[],
  calibration: TrunkCalibration | undefined,
): Promise<Program> {
  const taps = Object.fromEntries(names.map((name) => [name, recipeTap(config, name)]));
  const graph = tappedTrunk(weights, { taps, size: config.size });
  if (calibration === undefined) return backend.compile(graph);
  const { images } = calibration;
  return compileInt8({ graph, backend, images, rule: imageRule(config), prepare, signal });
}
