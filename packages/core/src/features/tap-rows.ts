import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { roundToFloat16 } from "../numbers/float16.ts";
import type { FeatureTap } from "./compute-rows.ts";
import type { RowPlan } from "./row-plan.ts";
import { RowTable, type RowTableOptions, type SlotRow } from "./row-table.ts";
import type { FeatureKey, FeatureSpace, FeatureStore } from "./types.ts";

/** A store that is written to until it refuses, which is told once; it is read all the time. */
export class StoreUntilFull {
  readonly #store: FeatureStore;
  readonly #onFull: ((error: CoreError) => void) | undefined;
  #isFull = false;

  constructor(store: FeatureStore, onFull?: (error: CoreError) => void) {
    this.#store = store;
    this.#onFull = onFull;
  }

  get(space: FeatureSpace, key: FeatureKey): Promise<Float32Array | undefined> {
    return this.#store.get(space, key);
  }

  /** undefined: the store cannot say without reading the row. */
  has(space: FeatureSpace, key: FeatureKey): Promise<boolean> | undefined {
    return this.#store.has?.(space, key);
  }

  async put(space: FeatureSpace, key: FeatureKey, row: Float32Array): Promise<void> {
    if (this.#isFull) return;
    try {
      await this.#store.put(space, key, row);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      if (!this.#isFull) this.#onFull?.(error);
      this.#isFull = true;
    }
  }
}

/** Where the rows of one tap are: in its table's memory as far as the budget goes, and in the store. */
export class TapRows {
  readonly table: RowTable;
  readonly #tap: FeatureTap;
  readonly #plan: RowPlan;
  readonly #store: StoreUntilFull | undefined;
  /** Slots that are in memory or in the store; another tap's missing row may bring them once more. */
  readonly #ready = new Set<number>();

  /** @param options.storing undefined: nothing is kept, all rows live in memory. */
  constructor(options: {
    readonly tap: FeatureTap;
    readonly plan: RowPlan;
    readonly storing: StoreUntilFull | undefined;
    readonly memoryBytes: number;
    readonly recompute: RowTableOptions["recompute"];
  }) {
    const { tap, plan, storing, memoryBytes, recompute } = options;
    this.#tap = tap;
    this.#plan = plan;
    this.#store = storing;
    const fitting = Math.floor(memoryBytes / (4 * numElements(tap.rowShape)));
    this.table = new RowTable({
      ...{ plan, rowShape: tap.rowShape },
      recompute: (slots, take) => {
        for (const slot of slots) this.#ready.delete(slot);
        return recompute(slots, take);
      },
      resident: storing ? Math.min(plan.numSlots, fitting) : plan.numSlots,
      fetch: (slot) => this.#fetch(slot),
    });
  }

  /** True when the slot is ready: read into memory, or known to be in the store when memory is for other rows. */
  async load(slot: number): Promise<boolean> {
    const isReady = await this.#load(slot);
    if (isReady) this.#ready.add(slot);
    return isReady;
  }

  async #load(slot: number): Promise<boolean> {
    const isResident = this.table.isResident(slot);
    const known = isResident ? undefined : this.#store?.has(this.#tap.space, this.#key(slot));
    if (known !== undefined) return known;
    const row = await this.#fetch(slot);
    if (row && isResident) this.table.set(slot, row);
    return row !== undefined;
  }

  /** A new row goes into the store and into memory, into both when there is room. */
  async keep({ slot, row }: SlotRow): Promise<void> {
    if (this.#ready.has(slot)) return;
    if (this.#tap.space.cacheType === "float16") roundToFloat16(row); // as it will be when it is read back
    if (this.table.isResident(slot)) this.table.set(slot, row);
    await this.#store?.put(this.#tap.space, this.#key(slot), row);
    if (!this.table.isResident(slot) && !(await this.load(slot))) this.table.set(slot, row);
  }

  /** Marks the row of an image that cannot be used: NaN, and not stored. */
  spoil(slot: number): void {
    this.table.set(slot, new Float32Array(numElements(this.#tap.rowShape)).fill(Number.NaN));
  }

  #key(slot: number): FeatureKey {
    const { sources, variants } = this.#plan;
    const hash = sources[Math.floor(slot / variants.length)]?.hash ?? "";
    return { hash, variant: variants[slot % variants.length] ?? 0 };
  }

  async #fetch(slot: number): Promise<Float32Array | undefined> {
    const row = await this.#store?.get(this.#tap.space, this.#key(slot));
    return row?.length === numElements(this.#tap.rowShape) ? row : undefined;
  }
}
