import { type Model, openTrunk, type TrunkRow, trunkId } from "@graft/core";
import type { BatchLine } from "./batch-line.ts";
import type { Engine } from "./engine.ts";
import { LaneTrunks } from "./lane-trunks.ts";
import { trunkMemory } from "./model-memory.ts";
import type { TrunkLane } from "./trunk-lane.ts";

/** A trunk in use. */
export interface HeldTrunk {
  readonly line: BatchLine<TrunkRow>;
  /** Once. The last one frees the engine's memory. */
  release(): void;
}

interface OpenedTrunk extends Disposable {
  readonly line: BatchLine<TrunkRow>;
}

interface Room {
  /** Of memory. */
  readonly bytes: number;
  readonly opening: Promise<OpenedTrunk>;
  holders: number;
}

export interface TrunkRoomOptions {
  /** Each computes trunks beside the engine. @default there are none */
  readonly lanes?: readonly TrunkLane[];
  /** Lanes are used for trunks that take so much memory at most, on all of them together. */
  readonly laneBytes?: number;
}

/** A function of its own: what lives as long as the trunk would hold the model's numbers, were it made beside them. */
const trunksBeside = (
  lanes: readonly TrunkLane[],
  model: Model,
  options: { readonly features: boolean },
): LaneTrunks => new LaneTrunks(lanes, (lane) => lane.openTrunk(model, options));

/** Trunks that are loaded, each once for all models that stand on it. */
export class TrunkRoom {
  readonly #engine: Engine;
  readonly #lanes: readonly TrunkLane[];
  readonly #laneBytes: number;
  /** By `trunkId`. */
  readonly #rooms = new Map<string, Room>();

  constructor(engine: Engine, { lanes = [], laneBytes = 0 }: TrunkRoomOptions = {}) {
    this.#engine = engine;
    this.#lanes = lanes;
    this.#laneBytes = laneBytes;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Memory that all trunks take. */
  get bytes(): number {
    return [...this.#rooms.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @throws CoreError as `openTrunk`. */
  async take(model: Model, options: { readonly features: boolean }): Promise<HeldTrunk> {
    const id = await trunkId(model, options);
    const room = this.#rooms.get(id) ?? this.#makeRoom(model, options);
    this.#rooms.set(id, room);
    // before anything is waited for: who leaves meanwhile must see it
    room.holders++;
    const release = (): void => {
      if (--room.holders > 0) return;
      this.#rooms.delete(id);
      void room.opening.then(
        (trunk) => trunk[Symbol.dispose](),
        () => undefined,
      );
    };
    try {
      const { line } = await room.opening;
      return { line, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #makeRoom(model: Model, options: { readonly features: boolean }): Room {
    const once = trunkMemory(model, this.#engine.batch);
    const lanes = once * this.#lanes.length <= this.#laneBytes ? this.#lanes : [];
    return {
      opening: this.#open(model, { ...options, lanes }),
      bytes: once * (1 + lanes.length),
      holders: 0,
    };
  }

  async #open(
    model: Model,
    { features, lanes }: { readonly features: boolean; readonly lanes: readonly TrunkLane[] },
  ): Promise<OpenedTrunk> {
    const trunk = await openTrunk(model, this.#engine.backend, { features });
    const beside = trunksBeside(lanes, model, { features });
    return {
      line: this.#engine.line<TrunkRow>(
        (images) => trunk.run(images),
        () => beside.runs(),
      ),
      [Symbol.dispose]() {
        trunk[Symbol.dispose]();
        beside[Symbol.dispose]();
      },
    };
  }
}
