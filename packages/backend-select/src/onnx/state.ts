import {
  CoreError,
  copyInto,
  type Graph,
  numElements,
  parametersOf,
  type State,
  sameShape,
  stateRefusals,
} from "@graft/core";
import type { FusedMemory } from "../fused/memory.ts";

/** One parameter: its values, and the array that an update is written to before the two change places. */
interface Slot {
  readonly shape: readonly number[];
  /** Undefined for one that lies in the fused memory. */
  current: Float32Array | undefined;
  spare: Float32Array | undefined;
}

/**
 * Parameters as arrays that ONNX Runtime reads and writes in place: a run with updates writes the spare arrays, and when
 * it succeeded they change places with the current ones. No value is copied, and a failed run changes nothing.
 * Only what lies in the fused memory is changed in place; should that stop half way, the state refuses all further use.
 */
export class OnnxState implements State {
  /** Whose state it is; programs take only their own backend's. */
  readonly owner: object;
  readonly #onDispose: (state: OnnxState) => void;
  #memory: FusedMemory | undefined;
  #slots: Map<string, Slot> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isSpoilt = false;

  /** @param memory holds the parameters that programs of this graph do without ONNX Runtime. */
  constructor(
    owner: object,
    graph: Graph,
    { memory, onDispose }: { memory: FusedMemory | undefined; onDispose: (state: OnnxState) => void },
  ) {
    this.owner = owner;
    this.#memory = memory;
    this.#onDispose = onDispose;
    this.#slots = new Map(
      parametersOf(graph).map(({ name, shape }) => {
        const current = memory?.has(name) ? undefined : new Float32Array(numElements(shape));
        return [name, { shape, current, spare: undefined }];
      }),
    );
  }

  /** Only within {@link inTurn}. */
  get memory(): FusedMemory | undefined {
    return this.#memory;
  }

  has(name: string, shape: readonly number[]): boolean {
    const slot = this.#slots?.get(name);
    return slot !== undefined && sameShape(slot.shape, shape);
  }

  /** Does some work when all work before it is done: a run reads and swaps without another in between. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** The array that holds a parameter now. Only within {@link inTurn}. */
  current(name: string): Float32Array {
    const { current } = this.#slot(name);
    const values = current ?? this.#memory?.view(name);
    if (values) return values;
    throw new TypeError(`${name} has no values`);
  }

  /** An array of the same length that nothing reads. Only within {@link inTurn}. */
  spare(name: string): Float32Array {
    const slot = this.#slot(name);
    slot.spare ??= new Float32Array(numElements(slot.shape));
    return slot.spare;
  }

  /** Puts an array of the engine's making, which nobody else holds, in the place of the spare one. Only within {@link inTurn}. */
  takeSpare(name: string, values: Float32Array): void {
    this.#slot(name).spare = values;
  }

  /** Makes the spare arrays current. Only within {@link inTurn}. */
  swap(names: Iterable<string>): void {
    for (const name of names) {
      const slot = this.#slots?.get(name);
      if (!slot?.spare) continue;
      if (slot.current) [slot.current, slot.spare] = [slot.spare, slot.current];
      else this.current(name).set(slot.spare);
    }
  }

  /** An update of the fused memory stopped half way: from now on the state is of no use. */
  spoil(): void {
    this.#isSpoilt = true;
  }

  /** @throws CoreError `backend` when it was disposed of or spoilt. */
  checkUsable(): void {
    if (!this.#slots) throw stateRefusals.disposed();
    if (this.#isSpoilt)
      throw new CoreError("backend", {
        what: "An update of this state was broken off, so its numbers are half old and half new.",
        fix: "Resume from the last checkpoint.",
      });
  }

  read(
    names?: readonly string[],
    into?: ReadonlyMap<string, Float32Array>,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    return this.inTurn(async () => {
      this.checkUsable();
      const wanted = names ?? [...(this.#slots?.keys() ?? [])];
      return new Map(wanted.map((name) => [name, copyInto(this.current(name), into?.get(name))]));
    });
  }

  write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    return this.inTurn(async () => {
      stateRefusals.checkLengths(values, (name) => numElements(this.#slot(name).shape));
      for (const [name, value] of values) this.current(name).set(value);
    });
  }

  dispose(): void {
    this.#slots = undefined;
    this.#memory?.dispose();
    this.#memory = undefined;
    this.#onDispose(this);
  }

  #slot(name: string): Slot {
    this.checkUsable();
    const slot = this.#slots?.get(name);
    if (slot) return slot;
    throw stateRefusals.noSuchParameter(name, this.#slots?.keys() ?? []);
  }
}
