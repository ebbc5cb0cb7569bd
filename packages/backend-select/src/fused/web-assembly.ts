/** What is used of WebAssembly, which TypeScript knows from the browser's library alone. */
export interface KernelMemory {
  /** Grows with `grow`; what was taken of it before is too short then, or (unshared) of no more use. */
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}
export interface CompiledModule {
  readonly [Symbol.toStringTag]?: string;
}
type Kernel = (...values: number[]) => void;

declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => CompiledModule;
  readonly Instance: new (
    compiled: CompiledModule,
    imports: { graft: { memory: KernelMemory } },
  ) => { readonly exports: Readonly<Record<string, Kernel>> };
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
};

export const PAGE_BYTES = 65_536;

/** @param limits in pages. */
export const newMemory = (limits: {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}): KernelMemory => new WebAssembly.Memory(limits);

export const compileModule = (bytes: Uint8Array<ArrayBuffer>): CompiledModule =>
  new WebAssembly.Module(bytes);

export const instantiate = (
  compiled: CompiledModule,
  memory: KernelMemory,
): Readonly<Record<string, Kernel>> => new WebAssembly.Instance(compiled, { graft: { memory } }).exports;

/** Whether this platform runs such a module (128-bit SIMD, and threads' memory if it asks for that), on a little-endian machine. */
export const platformRuns = (bytes: Uint8Array<ArrayBuffer>): boolean =>
  new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 &&
  typeof WebAssembly === "object" &&
  WebAssembly.validate(bytes);
