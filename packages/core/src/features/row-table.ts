import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import type { RowPlan } from "./row-plan.ts";
import type { FeatureTable } from "./types.ts";

/** Bytes of rows that one call of a store brings, so that a wide tap's do not fill the memory; at most so many rows. */
const CALL_BYTES = 8 * 2 ** 20;
const MOST_ROWS = 256;

/** Slots in pieces that one call of a store takes. */
export function storeCalls(slots: Iterable<number>, rowShape: readonly number[]): number[][] {
  const bytes = Float32Array.BYTES_PER_ELEMENT * numElements(rowShape);
  const most = Math.max(1, Math.min(MOST_ROWS, Math.floor(CALL_BYTES / bytes)));
  const all = [...slots];
  return Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most));
}

/** One row and the slot it belongs to. */
export interface SlotRow {
  readonly slot: number;
  readonly row: Float32Array;
}

export interface RowTableOptions {
  readonly plan: RowPlan;
  readonly rowShape: readonly number[];
  /** Slots [0, resident) live in memory; the others where they are put: in a store, or held here after all. */
  readonly resident: number;
  /** Slots that are not in memory, from the store; one for each, in their order. */
  readonly fetch: (slots: readonly number[]) => Promise<readonly (Float32Array | undefined)[]>;
  /** Makes slots that the store lost (given up, damaged) and gives each to `take`. */
  readonly recompute: (slots: readonly number[], take: (computed: SlotRow) => void) => Promise<void>;
}

function allocate(floats: number): Float32Array {
  try {
    return new Float32Array(floats);
  } catch (cause) {
    throw new CoreError(
      "limit",
      {
        what: "There is not enough memory for this table of features.",
        received: `${Math.ceil((floats * 4) / 2 ** 20)} MB`,
        fix: "Use pooled features (`recipe: gap`), fewer variants, or a smaller image size.",
      },
      { cause },
    );
  }
}

/** Features in memory as far as a budget allows, the rest read when asked for. */
export class RowTable implements FeatureTable {
  readonly rowShape: readonly number[];
  readonly numRows: number;
  readonly #options: RowTableOptions;
  readonly #length: number;
  readonly #memory: Float32Array;
  /** Rows beyond the budget that no store would keep. */
  readonly #held = new Map<number, Float32Array>();

  constructor(options: RowTableOptions) {
    this.#options = options;
    this.rowShape = options.rowShape;
    this.numRows = options.plan.numRows;
    this.#length = numElements(options.rowShape);
    this.#memory = allocate(options.resident * this.#length);
  }

  isResident(slot: number): boolean {
    return slot < this.#options.resident;
  }

  /** Keeps a copy of a row in memory, whatever the budget. */
  set(slot: number, row: Float32Array): void {
    if (this.isResident(slot)) this.#memory.set(row, slot * this.#length);
    else this.#held.set(slot, row.slice());
  }

  /** @throws CoreError `bad-input` for a position that is not there or an `out` of the wrong length. */
  async read(positions: readonly number[], out: Float32Array): Promise<void> {
    const length = this.#length;
    if (out.length !== positions.length * length) {
      throw new CoreError("bad-input", {
        what: "The array for features has the wrong length.",
        received: `${out.length}`,
        expected: `${positions.length * length}: ${positions.length} rows of [${this.rowShape.join(", ")}]`,
      });
    }
    const elsewhere = new Map<number, number[]>();
    for (const [i, position] of positions.entries()) {
      const slot = this.#slot(position);
      const row = this.#inMemory(slot);
      if (row) out.set(row, i * length);
      else elsewhere.set(slot, [...(elsewhere.get(slot) ?? []), i * length]);
    }
    if (elsewhere.size > 0) await this.#readElsewhere(elsewhere, out);
  }

  async #readElsewhere(places: ReadonlyMap<number, readonly number[]>, out: Float32Array): Promise<void> {
    const put = ({ slot, row }: SlotRow): void => {
      for (const place of places.get(slot) ?? []) out.set(row, place);
    };
    const lost: number[] = [];
    for (const slots of storeCalls(places.keys(), this.rowShape)) {
      const rows = await this.#options.fetch(slots);
      for (const [i, slot] of slots.entries()) {
        const row = rows[i];
        if (row) put({ slot, row });
        else lost.push(slot);
      }
    }
    if (lost.length > 0)
      await this.#options.recompute(
        lost.sort((a, b) => a - b),
        put,
      );
  }

  #inMemory(slot: number): Float32Array | undefined {
    if (!this.isResident(slot)) return this.#held.get(slot);
    return this.#memory.subarray(slot * this.#length, (slot + 1) * this.#length);
  }

  #slot(position: number): number {
    if (!Number.isInteger(position) || position < 0 || position >= this.numRows) {
      throw new CoreError("bad-input", {
        what: "There is no such row of features.",
        received: `${position}`,
        expected: `0 to ${this.numRows - 1}`,
      });
    }
    return this.#options.plan.slotOf(position);
  }
}
