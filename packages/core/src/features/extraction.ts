import { CoreError, throwIfCancelled } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import { numElements } from "../graph/graph.ts";
import { visibleText } from "../visible-text.ts";
import { type ComputedRow, computeRows, type FeatureTap, type RowSink } from "./compute-rows.ts";
import type { ExtractTapsOptions } from "./extract-options.ts";
import type { RowTask } from "./prepare-ahead.ts";
import { planRows, type RowPlan } from "./row-plan.ts";
import { type SlotRow, storeCalls } from "./row-table.ts";
import { StoreUntilFull, TapRows } from "./tap-rows.ts";
import type { FeatureTable } from "./types.ts";

const DEFAULT_MEMORY_BYTES = 512 * 10 ** 6;
/** Stored rows between two reports. */
const REPORT_EVERY = 1000;

/** One extraction's bookkeeping: what is there, what is missing, where a new row goes. */
export class Extraction {
  readonly #options: ExtractTapsOptions;
  readonly #plan: RowPlan;
  readonly #places: readonly TapRows[];
  readonly #broken = new Set<RowTask["images"]>();
  #done = 0;
  #computed = 0;

  constructor(options: ExtractTapsOptions) {
    const { images, variants, taps, store, memoryBytes = DEFAULT_MEMORY_BYTES } = options;
    this.#options = options;
    this.#plan = planRows(images, variants);
    const storing = store === null ? undefined : new StoreUntilFull(store, options.onStoreFull);
    this.#places = taps.map(
      (tap, at) =>
        new TapRows({
          ...{ tap, storing, memoryBytes, plan: this.#plan },
          recompute: (slots, take) =>
            this.#recompute(slots, ({ slot, rows }) => takeRow(slot, rows[at], take)),
        }),
    );
  }

  /** One for each tap. */
  get tables(): readonly FeatureTable[] {
    return this.#places.map(({ table }) => table);
  }

  /** Takes what the store has. @returns the slots of which it lacks a row. */
  async takeStored(): Promise<number[]> {
    const { numSlots } = this.#plan;
    const slots = Array.from({ length: numSlots }, (_, slot) => slot);
    if (this.#options.store === null) return slots;
    const missing: number[] = [];
    let unreported = REPORT_EVERY;
    for (const some of storeCalls(slots, widestOf(this.#options.taps))) {
      throwIfCancelled(this.#options.signal);
      const found = await Promise.all(this.#places.map((place) => place.load(some)));
      const isReady = (_: number, i: number): boolean => found.every((ofTap) => ofTap[i]);
      this.#count(some.filter(isReady), 0);
      missing.push(...some.filter((slot, i) => !isReady(slot, i)));
      unreported += some.length;
      if (unreported < REPORT_EVERY) continue;
      unreported = 0;
      this.report();
    }
    return missing;
  }

  async compute(slots: readonly number[]): Promise<void> {
    const { signal, onBroken } = this.#options;
    await this.#run(slots, signal, {
      take: async (rows) => {
        await this.#keep(rows);
        this.#count(
          rows.map(({ slot }) => slot),
          rows.length,
        );
        this.report();
      },
      broken: (task, error) => {
        if (!onBroken) throw error;
        // once an image, though many variants come in several tasks
        if (!this.#broken.has(task.images)) for (const image of task.images) onBroken(image, error);
        this.#broken.add(task.images);
        for (const place of this.#places) for (const slot of task.slots) place.spoil(slot);
        this.#count(task.slots, 0);
        this.report();
      },
    });
  }

  report(): void {
    this.#options.onProgress?.({ done: this.#done, total: this.#plan.numRows, computed: this.#computed });
  }

  /** Lost rows of the finished table: their images must still be there. The extraction's signal has had its time. */
  async #recompute(slots: readonly number[], take: (computed: ComputedRow) => void): Promise<void> {
    await this.#run(slots, undefined, {
      take: async (rows) => {
        await this.#keep(rows);
        for (const computed of rows) take(computed);
      },
      broken: ({ images: [image] }, error) => {
        throw lostAgain(image?.path ?? "", error);
      },
    });
  }

  async #run(slots: readonly number[], signal: AbortSignal | undefined, sink: RowSink): Promise<void> {
    const tasks = this.#tasks(slots, this.#options.batch);
    await computeRows(tasks, { ...this.#options, signal }, sink);
  }

  /** One task a source, its variants in pieces of a batch so that memory does not grow with their number. */
  #tasks(slots: readonly number[], batch: number): RowTask[] {
    const { sources, variants } = this.#plan;
    const tasks: { images: RowTask["images"]; variants: number[]; slots: number[]; source: number }[] = [];
    for (const slot of slots) {
      const source = Math.floor(slot / variants.length);
      let task = tasks.at(-1);
      if (task === undefined || task.source !== source || task.slots.length === batch) {
        task = { images: sources[source]?.images ?? [], variants: [], slots: [], source };
        tasks.push(task);
      }
      task.variants.push(variants[slot % variants.length] ?? 0);
      task.slots.push(slot);
    }
    return tasks;
  }

  async #keep(computed: readonly ComputedRow[]): Promise<void> {
    await Promise.all(
      this.#places.map((place, at) =>
        place.keep(computed.map(({ slot, rows }) => takeRow(slot, rows[at], (row) => row))),
      ),
    );
  }

  #count(slots: readonly number[], computed: number): void {
    for (const slot of slots) {
      const source = this.#plan.sources[Math.floor(slot / this.#plan.variants.length)];
      this.#done += source?.images.length ?? 0;
    }
    this.#computed += computed;
  }
}

/** Shape of the tap's row that takes the most room. */
function widestOf(taps: readonly FeatureTap[]): readonly number[] {
  const shapes = taps.map(({ rowShape }) => rowShape);
  return shapes.reduce((most, shape) => (numElements(shape) > numElements(most) ? shape : most), []);
}

/** Of an image that was used already, and can be neither read from the store nor from its file. */
function lostAgain(path: string, cause: CoreError): CoreError {
  if (!isOfOneFile(cause)) return cause;
  const what = `The features of ${visibleText(path)} are no longer in the cache, and the image can no longer be used: ${cause.message}`;
  return new CoreError("unreadable", { what, fix: "Restore it as it was, then resume." }, { cause });
}

function takeRow<T>(slot: number, row: Float32Array | undefined, take: (row: SlotRow) => T): T {
  if (!row) throw new TypeError("the trunk gives a row for each tap");
  return take({ slot, row });
}
