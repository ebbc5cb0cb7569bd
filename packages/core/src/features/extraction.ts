import { CoreError, throwIfCancelled } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { type ComputedRow, computeRows, type RowSink } from "./compute-rows.ts";
import type { ExtractOptions } from "./extract.ts";
import { roundToFloat16 } from "./float16.ts";
import { inParallel } from "./in-parallel.ts";
import type { RowTask } from "./prepare-ahead.ts";
import { planRows, type RowPlan } from "./row-plan.ts";
import { RowTable } from "./row-table.ts";
import type { FeatureKey } from "./types.ts";

const DEFAULT_MEMORY_BYTES = 512 * 10 ** 6;
/** Stored rows between two reports. */
const REPORT_EVERY = 1000;
/** Rows that are looked up in the store at once. */
const LOOKUPS_AT_ONCE = 32;

/** One extraction's bookkeeping: what is there, what is missing, where a new row goes. */
export class Extraction {
  readonly #options: ExtractOptions;
  readonly #plan: RowPlan;
  readonly table: RowTable;
  readonly #broken = new Set<RowTask["images"]>();
  #done = 0;
  #computed = 0;
  #storing: boolean;

  constructor(options: ExtractOptions) {
    const { images, variants, rowShape, store, memoryBytes = DEFAULT_MEMORY_BYTES } = options;
    this.#options = options;
    this.#plan = planRows(images, variants);
    this.#storing = store !== null;
    const fitting = Math.floor(memoryBytes / (4 * numElements(rowShape)));
    this.table = new RowTable({
      plan: this.#plan,
      rowShape,
      resident: store === null ? this.#plan.numSlots : Math.min(this.#plan.numSlots, fitting),
      fetch: async (slot) => this.#fetch(slot),
      recompute: (slots, take) => this.#recompute(slots, take),
    });
  }

  /** Takes what the store has. @returns the slots it does not have. */
  async takeStored(): Promise<number[]> {
    const { numSlots } = this.#plan;
    const slots = Array.from({ length: numSlots }, (_, slot) => slot);
    if (this.#options.store === null) return slots;
    const missing: number[] = [];
    await inParallel(slots, LOOKUPS_AT_ONCE, async (slot) => {
      throwIfCancelled(this.#options.signal);
      if (await this.#load(slot)) this.#count([slot], 0);
      else missing.push(slot);
      if (slot % REPORT_EVERY === 0) this.report();
    });
    return missing.sort((a, b) => a - b);
  }

  async compute(slots: readonly number[]): Promise<void> {
    const { signal, onBroken } = this.#options;
    await this.#run(slots, signal, {
      take: async (rows) => {
        await Promise.all(rows.map((computed) => this.#keep(computed)));
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
        const row = new Float32Array(numElements(this.#options.rowShape)).fill(Number.NaN);
        for (const slot of task.slots) this.table.set(slot, row);
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
        await Promise.all(rows.map((computed) => this.#keep(computed)));
        for (const computed of rows) take(computed);
      },
      broken: (_, error) => {
        throw error;
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

  #key(slot: number): FeatureKey {
    const { sources, variants } = this.#plan;
    const hash = sources[Math.floor(slot / variants.length)]?.hash ?? "";
    return { hash, variant: variants[slot % variants.length] ?? 0 };
  }

  async #fetch(slot: number): Promise<Float32Array | undefined> {
    const { store, space, rowShape } = this.#options;
    const row = await store?.get(space, this.#key(slot));
    return row?.length === numElements(rowShape) ? row : undefined;
  }

  /** True when the slot is ready: read into memory, or known to be in the store when memory is for other rows. */
  async #load(slot: number): Promise<boolean> {
    const { store, space } = this.#options;
    if (!this.table.isResident(slot) && store?.has) return store.has(space, this.#key(slot));
    const row = await this.#fetch(slot);
    if (row && this.table.isResident(slot)) this.table.set(slot, row);
    return row !== undefined;
  }

  /** A new row goes into the store and into memory, into both when there is room. */
  async #keep({ slot, row }: ComputedRow): Promise<void> {
    if (this.#options.space.cacheType === "float16") roundToFloat16(row); // as it will be when it is read back
    if (this.table.isResident(slot)) this.table.set(slot, row);
    await this.#put(slot, row);
    if (!this.table.isResident(slot) && !(await this.#load(slot))) this.table.set(slot, row);
  }

  async #put(slot: number, row: Float32Array): Promise<void> {
    const { store, space, onStoreFull } = this.#options;
    if (store === null || !this.#storing) return;
    try {
      await store.put(space, this.#key(slot), row);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      if (this.#storing) onStoreFull?.(error);
      this.#storing = false;
    }
  }

  #count(slots: readonly number[], computed: number): void {
    for (const slot of slots) {
      const source = this.#plan.sources[Math.floor(slot / this.#plan.variants.length)];
      this.#done += source?.images.length ?? 0;
    }
    this.#computed += computed;
  }
}
