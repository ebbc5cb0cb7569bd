import type { CompiledModule, SharedMemory } from "./web-assembly.ts";

/** A kernel's name and its numbers. */
export type Call = readonly [name: string, values: readonly number[]];

/** Compiled kernels and the memory they work on. */
export interface Kernels {
  /** Equal keys: the same pair. */
  readonly key: string;
  readonly module: CompiledModule;
  readonly memory: SharedMemory;
}

/** Threads that do shares of one work at the same time, the calling thread among them. */
export interface Team {
  readonly threads: number;
  /**
   * One list of calls for each thread; returns when all are done.
   * @throws CoreError `backend` when a thread fails or does not answer; the team is of no more use then.
   */
  run(kernels: Kernels, shares: readonly (readonly Call[])[]): void;
  /** Forgets a pair, so that its memory can go. */
  drop(key: string): void;
  close(): Promise<void>;
}
