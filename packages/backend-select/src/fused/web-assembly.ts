/** What is used of WebAssembly, which TypeScript knows from the browser's library alone. */
export interface SharedMemory {
  /** Grows with `grow`; what was taken of it before stays valid, and too short. */
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
export interface CompiledModule {
  readonly [Symbol.toStringTag]?: string;
}
type Kernel = (...values: number[]) => void;

declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => CompiledModule;
  readonly Instance: new (
    compiled: CompiledModule,
    imports: { graft: { memory: SharedMemory } },
  ) => { readonly exports: Readonly<Record<string, Kernel>> };
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
};

export const PAGE_BYTES = 65_536;

export const newSharedMemory = (pages: number, maximum: number): SharedMemory =>
  new WebAssembly.Memory({ initial: pages, maximum, shared: true });

export const compileModule = (bytes: Uint8Array<ArrayBuffer>): CompiledModule =>
  new WebAssembly.Module(bytes);

export const instantiate = (
  compiled: CompiledModule,
  memory: SharedMemory,
): Readonly<Record<string, Kernel>> => new WebAssembly.Instance(compiled, { graft: { memory } }).exports;

/** Whether this platform has 128-bit SIMD and memory that threads share, on a little-endian machine; found out once. */
export function platformRuns(bytesOf: () => Uint8Array<ArrayBuffer>): boolean {
  answer ??=
    new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 &&
    typeof WebAssembly === "object" &&
    typeof SharedArrayBuffer === "function" &&
    WebAssembly.validate(bytesOf());
  return answer;
}
let answer: boolean | undefined;
