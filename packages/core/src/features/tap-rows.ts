import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { roundToFloat16 } from "../numbers/float16.ts";
import type { FeatureTap } from "./compute-rows.ts";
import type { RowPlan } from "./row-plan.ts";
import { RowTable, type RowTableOptions, type SlotRow } from "./row-table.ts";
import type { FeatureKey, FeatureRow, FeatureSpace, FeatureStore } from "./types.ts";

/** A store that is written to until it refuses, which is told once; it is read all the time. */
export class StoreUntilFull {
  readonly #store: FeatureStore;
  readonly #onFull: ((error: CoreError) => void) | undefined;
  #isFull = false;

  constructor(store: FeatureStore, onFull?: (error: CoreError) => void) {
    this.#store = store;
    this.#onFull = onFull;
  }

  getMany: FeatureStore["getMany"] = (space, keys) => this.#store.getMany(space, keys);
  hasMany: FeatureStore["hasMany"] = (space, keys) => this.#store.hasMany(space, keys);

  async putMany(space: FeatureSpace, rows: readonly FeatureRow[]): Promise<void> {
    if (this.#isFull || rows.length === 0) return;
    try {
      await this.#store.putMany(space, rows);
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
      fetch: (slots) => this.#fetch(slots),
    });
  }

  /** True for each slot that is ready: read into memory, or known to be in the store when memory is for other rows. */
  async load(slots: readonly number[]): Promise<readonly boolean[]> {
    const store = this.#store;
    if (!store) return slots.map(() => false);
    const inMemory = slots.filter((slot) => this.table.isResident(slot));
    const elsewhere = slots.filter((slot) => !this.table.isResident(slot));
    const found = new Map<number, boolean>();
    const rows = await this.#fetch(inMemory);
    for (const [i, slot] of inMemory.entries()) {
      const row = rows[i];
      if (row) this.table.set(slot, row);
      found.set(slot, row !== undefined);
    }
    const known =
      elsewhere.length === 0 ? [] : await store.hasMany(this.#tap.space, elsewhere.map(this.#key));
    for (const [i, slot] of elsewhere.entries()) found.set(slot, known[i] === true);
    for (const [slot, isReady] of found) if (isReady) this.#ready.add(slot);
    return slots.map((slot) => found.get(slot) === true);
  }

  /** New rows go into the store and into memory, into both when there is room. */
  async keep(given: readonly SlotRow[]): Promise<void> {
    const rows = given.filter(({ slot }) => !this.#ready.has(slot));
    // as they will be when they are read back
    if (this.#tap.space.cacheType === "float16") for (const { row } of rows) roundToFloat16(row);
    for (const { slot, row } of rows) if (this.table.isResident(slot)) this.table.set(slot, row);
    await this.#store?.putMany(
      this.#tap.space,
      rows.map(({ slot, row }) => ({ key: this.#key(slot), row })),
    );
    const elsewhere = rows.filter(({ slot }) => !this.table.isResident(slot));
    if (elsewhere.length === 0) return;
    const isReady = await this.load(elsewhere.map(({ slot }) => slot));
    for (const [i, { slot, row }] of elsewhere.entries()) if (!isReady[i]) this.table.set(slot, row);
  }

  /** Marks the row of an image that cannot be used: NaN, and not stored. */
  spoil(slot: number): void {
    this.table.set(slot, new Float32Array(numElements(this.#tap.rowShape)).fill(Number.NaN));
  }

  readonly #key = (slot: number): FeatureKey => {
    const { sources, variants } = this.#plan;
    const hash = sources[Math.floor(slot / variants.length)]?.hash ?? "";
    return { hash, variant: variants[slot % variants.length] ?? 0 };
  };

  /** One for each slot, from the store; a row of another length is none. */
  async #fetch(slots: readonly number[]): Promise<readonly (Float32Array | undefined)[]> {
    if (!this.#store || slots.length === 0) return slots.map(() => undefined);
    const rows = await this.#store.getMany(this.#tap.space, slots.map(this.#key));
    const length = numElements(this.#tap.rowShape);
    return slots.map((_, i) => (rows[i]?.length === length ? rows[i] : undefined));
  }
}
