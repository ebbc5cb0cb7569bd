import { CoreError, numElements } from "@graft/core";
import { MAX_PAGES } from "./wasm-writer.ts";
import { type KernelMemory, newMemory, PAGE_BYTES } from "./web-assembly.ts";

/** Addresses are multiples of a cache line. */
const ALIGNMENT = 64;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

let memories = 0;

/** The fused parameters of one state, in memory that the kernels work on, and room for a run's own numbers behind them. */
export class FusedMemory {
  /** Tells memories apart where they are only named. */
  readonly key = ++memories;
  readonly memory: KernelMemory;
  readonly #places = new Map<string, { readonly address: number; readonly length: number }>();
  readonly #scratch: number;
  readonly #whenFreed: (() => void)[] = [];

  /**
   * @param shared whether threads share it.
   * @throws CoreError `limit` when they are more than a 32-bit memory holds.
   */
  constructor(parameters: ReadonlyMap<string, readonly number[]>, { shared }: { readonly shared: boolean }) {
    // address 0 stays free
    let end = ALIGNMENT;
    for (const [name, shape] of parameters) {
      const length = numElements(shape);
      this.#places.set(name, { address: end, length });
      end += aligned(length * Float32Array.BYTES_PER_ELEMENT);
    }
    this.#scratch = end;
    this.memory = newMemory({ initial: pagesOf(end), maximum: MAX_PAGES, shared });
  }

  /** What is to be done when the memory is given up: whoever made something that holds it lets go of that. */
  whenFreed(work: () => void): void {
    this.#whenFreed.push(work);
  }

  /** Its room goes back when nobody holds it any more. Idempotent. */
  dispose(): void {
    for (const work of this.#whenFreed.splice(0)) work();
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** The parameter itself, not a copy; valid until the memory grows, so taken anew each time. */
  view(name: string): Float32Array | undefined {
    const place = this.#places.get(name);
    return place && new Float32Array(this.memory.buffer, place.address, place.length);
  }

  address(name: string): number {
    const place = this.#places.get(name);
    if (!place) throw new TypeError(`${name} is not in this memory`);
    return place.address;
  }

  /**
   * Room for a run's numbers; the next run uses it again.
   * @param bytes the length of each piece.
   * @returns the address of each.
   */
  scratch(bytes: readonly number[]): number[] {
    let end = this.#scratch;
    const addresses = bytes.map((length) => {
      const address = end;
      end += aligned(length);
      return address;
    });
    const missing = pagesOf(end) - this.memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.memory.grow(missing);
    return addresses;
  }
}

function pagesOf(bytes: number): number {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (pages <= MAX_PAGES) return pages;
  throw new CoreError("limit", {
    what: "The head is too large for this engine.",
    received: `${bytes} bytes of parameters and of one run's numbers`,
    expected: `at most ${MAX_PAGES * PAGE_BYTES}`,
    fix: "Use a smaller `size`, a later `cut` or the recipe gap.",
  });
}
