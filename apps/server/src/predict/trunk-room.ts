import { type Model, openTrunk, type SharedTrunk, type TrunkRow, trunkId } from "@graft/core";
import type { BatchLine } from "./batch-line.ts";
import type { Engine } from "./engine.ts";
import { trunkMemory } from "./model-memory.ts";

/** A trunk in use. */
export interface HeldTrunk {
  readonly line: BatchLine<TrunkRow>;
  /** Once. The last one frees the engine's memory. */
  release(): void;
}

interface Room {
  /** Of memory. */
  readonly bytes: number;
  readonly opening: Promise<{ readonly trunk: SharedTrunk; readonly line: BatchLine<TrunkRow> }>;
  holders: number;
}

/** Trunks that are loaded, each once for all models that stand on it. */
export class TrunkRoom {
  readonly #engine: Engine;
  /** By `trunkId`. */
  readonly #rooms = new Map<string, Room>();

  constructor(engine: Engine) {
    this.#engine = engine;
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
    const room = this.#rooms.get(id) ?? {
      ...{ opening: this.#open(model, options), holders: 0 },
      bytes: trunkMemory(model, this.#engine.batch),
    };
    this.#rooms.set(id, room);
    // before anything is waited for: who leaves meanwhile must see it
    room.holders++;
    const release = (): void => {
      if (--room.holders > 0) return;
      this.#rooms.delete(id);
      void room.opening.then(
        ({ trunk }) => trunk[Symbol.dispose](),
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

  async #open(model: Model, options: { readonly features: boolean }): Promise<Awaited<Room["opening"]>> {
    const trunk = await openTrunk(model, this.#engine.backend, options);
    return { trunk, line: this.#engine.line((images) => trunk.run(images)) };
  }
}
