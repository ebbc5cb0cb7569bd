import type { SharedTrunk, TrunkRow } from "@graft/core";
import type { BatchRun } from "./batch-line.ts";
import type { TrunkLane } from "./trunk-lane.ts";

/** One trunk on each of some lanes, from when several images wait for it the first time. */
export class LaneTrunks implements Disposable {
  readonly #lanes: readonly TrunkLane[];
  #openOne: ((lane: TrunkLane) => Promise<SharedTrunk>) | undefined;
  #opening: Promise<void> | undefined;
  #runs: readonly BatchRun<TrunkRow>[] = [];
  #opened: readonly SharedTrunk[] = [];

  /** @param openOne holds the trunk's numbers until all lanes have them. */
  constructor(lanes: readonly TrunkLane[], openOne: (lane: TrunkLane) => Promise<SharedTrunk>) {
    this.#lanes = lanes;
    // without lanes nobody would have them opened, and let go of what is held
    this.#openOne = lanes.length > 0 ? openOne : undefined;
  }

  /** None while they are opened; who asks first has them opened. */
  runs(): readonly BatchRun<TrunkRow>[] {
    this.#opening ??= this.#open();
    return this.#runs;
  }

  [Symbol.dispose](): void {
    this.#openOne = undefined;
    void this.#opening?.then(() => this.#close());
  }

  /** Never rejects: a machine that has not what they take goes on without. */
  async #open(): Promise<void> {
    const open = this.#openOne;
    if (!open) return;
    const ends = await Promise.allSettled(this.#lanes.map(open));
    this.#openOne = undefined;
    this.#opened = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    if (this.#opened.length < this.#lanes.length) return this.#close();
    this.#runs = this.#opened.map((trunk) => (images) => trunk.run(images));
  }

  #close(): void {
    for (const trunk of this.#opened) trunk[Symbol.dispose]();
    this.#opened = [];
    this.#runs = [];
  }
}
