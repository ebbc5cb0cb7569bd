import { copyInto, type Graph, type HostTensor } from "@graft/core";
import type { Chain } from "./chain.ts";
import { forwardKernel, updateKernel } from "./kernels.ts";
import { type Columns, type FusedWork, matchFused } from "./match.ts";
import type { FusedMemory } from "./memory.ts";
import { gradientName, isGradientName, productName, restGraph } from "./rest-graph.ts";
import type { Call, Kernels, Team } from "./team.ts";
import { type FunctionWriter, moduleBytes } from "./wasm-writer.ts";
import { type CompiledModule, compileModule, platformRuns } from "./web-assembly.ts";

type Inputs = Readonly<Record<string, HostTensor>>;

/** Bytes of an entry in a kernel's list. */
const ENTRY_BYTES = 8;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

let programs = 0;

/** Which layers are fused, and on what memory. */
export interface FusedRules {
  /** Weights below this are left to the engine. */
  readonly minBytes: number;
  /** Whether threads share the memory. */
  readonly shared: boolean;
}

/** Whether the kernels run on this platform. */
export const kernelsRun = ({ shared }: Pick<FusedRules, "shared">): boolean =>
  platformRuns(moduleBytes(new Map([["any", forwardKernel(4)]]), { shared }));

/** undefined when there is nothing to fuse. */
function fusedWork(graph: Graph, minBytes: number): FusedWork | undefined {
  const work = matchFused(graph, minBytes);
  return work.forwards.length > 0 ? work : undefined;
}

/** A graph's parameters that its programs keep from the engine, with their shapes. */
export function fusedParameters(
  graph: Graph,
  { minBytes }: FusedRules,
): ReadonlyMap<string, readonly number[]> {
  return fusedWork(graph, minBytes)?.parameters ?? new Map();
}

/** Results without the gradients that only the fused part reads. */
export function withoutFused(results: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(results).filter(([name]) => !isGradientName(name)));
}

/** The fused part of a program: products before the engine's part runs, updates after it. */
export class FusedProgram {
  readonly rest: Graph;
  readonly work: FusedWork;
  /** Whether its memories are shared between threads. */
  readonly shared: boolean;
  readonly #module: CompiledModule;
  readonly #forwardNames: readonly string[];
  readonly #updateNames: readonly string[];
  readonly #key = ++programs;
  readonly #used = new Map<string, Team>();
  /**
   * What the engine's part is fed: written again by each run of the same batch, for new memory is slow to get. Each
   * memory has its own, because only the runs on one state wait for each other.
   */
  readonly #products = new WeakMap<FusedMemory, Float32Array[]>();

  /** @returns undefined when there is nothing to fuse. */
  static of(graph: Graph, { minBytes, shared }: FusedRules): FusedProgram | undefined {
    const work = fusedWork(graph, minBytes);
    if (!work) return undefined;
    const functions = new Map<string, FunctionWriter>();
    const forwardNames = work.forwards.map(({ columns }) => {
      const name = `forward${columns}`;
      if (!functions.has(name)) functions.set(name, forwardKernel(columns));
      return name;
    });
    const chains = new Map<string, string>();
    const updateNames = work.updates.map(({ chain, columns }) => {
      const key = JSON.stringify([chain, columns]);
      const name = chains.get(key) ?? addUpdate(functions, chain, columns);
      chains.set(key, name);
      return name;
    });
    const compiled = compileModule(moduleBytes(functions, { shared }));
    return new FusedProgram(restGraph(graph, work), { work, shared, compiled, forwardNames, updateNames });
  }

  private constructor(
    rest: Graph,
    made: {
      readonly work: FusedWork;
      readonly shared: boolean;
      readonly compiled: CompiledModule;
      readonly forwardNames: readonly string[];
      readonly updateNames: readonly string[];
    },
  ) {
    this.rest = rest;
    this.work = made.work;
    this.shared = made.shared;
    this.#module = made.compiled;
    this.#forwardNames = made.forwardNames;
    this.#updateNames = made.updateNames;
  }

  /** Everything of one run that is kept between its two halves. */
  begin(inputs: Inputs, memory: FusedMemory, team: Team): FusedRun {
    const key = `${this.#key}:${memory.key}`;
    if (!this.#used.has(key)) {
      this.#used.set(key, team);
      memory.whenFreed(() => {
        team.drop(key);
        this.#used.delete(key);
      });
    }
    const products = this.#products.get(memory) ?? [];
    this.#products.set(memory, products);
    return new FusedRun(
      { ...this.work, forwardNames: this.#forwardNames, updateNames: this.#updateNames },
      { key, module: this.#module, memory: memory.memory },
      { inputs, memory, team, products },
    );
  }

  dispose(): void {
    for (const [key, team] of this.#used) team.drop(key);
    this.#used.clear();
  }
}

function addUpdate(functions: Map<string, FunctionWriter>, chain: Chain, columns: number): string {
  const name = `update${functions.size}`;
  functions.set(name, updateKernel(chain, columns));
  return name;
}

interface NamedWork extends FusedWork {
  readonly forwardNames: readonly string[];
  readonly updateNames: readonly string[];
}

/** One run: its inputs and gradients lie in the memory's scratch room. */
export class FusedRun {
  readonly #work: NamedWork;
  readonly #kernels: Kernels;
  readonly #inputs: Inputs;
  readonly #memory: FusedMemory;
  readonly #team: Team;
  readonly #batch: number;
  readonly #productArrays: Float32Array[];
  /** Scratch addresses. */
  readonly #x: ReadonlyMap<string, number>;
  readonly #products: readonly number[];
  readonly #gradients: ReadonlyMap<number, number>;
  readonly #lists: readonly number[];

  constructor(
    work: NamedWork,
    kernels: Kernels,
    given: { inputs: Inputs; memory: FusedMemory; team: Team; products: Float32Array[] },
  ) {
    const { inputs, memory, team } = given;
    this.#productArrays = given.products;
    this.#work = work;
    this.#kernels = kernels;
    this.#inputs = inputs;
    this.#memory = memory;
    this.#team = team;
    const names = [...new Set([...work.forwards, ...work.updates].map(({ x }) => x.input))];
    this.#batch = inputs[names[0] ?? ""]?.shape[0] ?? 0;
    const gradients = new Map(work.updates.map(({ dz, columns }) => [dz, columns]));
    const addresses = memory.scratch([
      ...names.map((name) => (inputs[name]?.data.length ?? 0) * FLOAT_BYTES),
      ...work.forwards.map(({ columns }) => this.#batch * columns * FLOAT_BYTES),
      ...[...gradients.values()].map((columns) => this.#batch * columns * FLOAT_BYTES),
      ...Array.from({ length: team.threads }, () => this.#batch * ENTRY_BYTES),
    ]);
    const take = (count: number): number[] => addresses.splice(0, count);
    const inputAddresses = take(names.length);
    this.#x = new Map(names.map((name, i) => [name, inputAddresses[i] ?? 0]));
    this.#products = take(work.forwards.length);
    const gradientAddresses = take(gradients.size);
    this.#gradients = new Map([...gradients.keys()].map((dz, i) => [dz, gradientAddresses[i] ?? 0]));
    this.#lists = take(team.threads);
  }

  /** @returns the products as inputs of the engine's part. */
  forward(): Record<string, HostTensor> {
    for (const [name, address] of this.#x) this.#floats(address, this.#inputs[name]?.data ?? []);
    const { forwards, forwardNames } = this.#work;
    const calls = forwards.map((forward, i): ((list: number) => Call) => {
      const product = this.#products[i] ?? 0;
      this.#view(product, this.#batch * forward.columns).fill(0);
      const weight = this.#memory.address(forward.weight);
      return (list) => [forwardNames[i] ?? "", [...this.#rows(forward), weight, product, list]];
    });
    this.#share(calls, forwards);
    return Object.fromEntries(
      forwards.map(({ columns }, i) => {
        // the engine gets no memory that the kernels write again
        const data = copyInto(
          this.#view(this.#products[i] ?? 0, this.#batch * columns),
          this.#productArray(i, columns),
        );
        return [productName(i), { shape: [this.#batch, columns], data }];
      }),
    );
  }

  /** @param results of the engine's part, by output name. */
  update(results: Readonly<Record<string, HostTensor>>): void {
    for (const [dz, address] of this.#gradients) this.#floats(address, results[gradientName(dz)]?.data ?? []);
    const { updates, updateNames } = this.#work;
    const scalarOf = (source: { constant: number } | { input: string }): number =>
      "constant" in source ? source.constant : (this.#inputs[source.input]?.data[0] ?? Number.NaN);
    const calls = updates.map((update, i): ((list: number) => Call) => {
      const factor = update.factors.reduce((product, source) => Math.fround(product * scalarOf(source)), 1);
      const gradient = this.#gradients.get(update.dz) ?? 0;
      const parameters = update.parameters.map((name) => this.#memory.address(name));
      const scalars = update.scalars.map(scalarOf);
      return (list) => [
        updateNames[i] ?? "",
        [...this.#rows(update), gradient, list, factor, ...parameters, ...scalars],
      ];
    });
    this.#share(calls, updates);
  }

  /** x, stride, batch, rows: a kernel's first numbers. */
  #rows({ x, rows }: { readonly x: Columns; readonly rows: number }): number[] {
    const address = (this.#x.get(x.input) ?? 0) + x.offset * FLOAT_BYTES;
    return [address, x.width * FLOAT_BYTES, this.#batch, rows];
  }

  /** Whole blocks for each thread, as even as they come: what a thread computes depends on no other. */
  #share(calls: readonly ((list: number) => Call)[], sizes: readonly { readonly rows: number }[]): void {
    const total = sizes.reduce((sum, { rows }) => sum + rows, 0);
    const shares: Call[][] = Array.from({ length: this.#team.threads }, () => []);
    let before = 0;
    for (const [i, call] of calls.entries()) {
      const rows = sizes[i]?.rows ?? 0;
      const thread = Math.min(shares.length - 1, Math.floor(((before + rows / 2) / total) * shares.length));
      shares[thread]?.push(call(this.#lists[thread] ?? 0));
      before += rows;
    }
    this.#team.run(this.#kernels, shares);
  }

  #productArray(index: number, columns: number): Float32Array {
    const known = this.#productArrays[index];
    if (known?.length === this.#batch * columns) return known;
    const made = new Float32Array(this.#batch * columns);
    this.#productArrays[index] = made;
    return made;
  }

  #view(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.memory.buffer, address, length);
  }

  #floats(address: number, values: ArrayLike<number>): void {
    this.#view(address, values.length).set(values);
  }
}
