/** Bytes of WebAssembly, as much of it as the kernels need (https://webassembly.github.io/spec/core/binary). */

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of an int32. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

const float32Bytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

const TYPE = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof TYPE;

const SIMD = 0xfd;
const memoryArgument = (align: number, offset: number): number[] => [align, ...unsigned(offset)];

/** One instruction each; they take their operands from the stack. */
export const code = {
  get: (local: number): number[] => [0x20, ...unsigned(local)],
  set: (local: number): number[] => [0x21, ...unsigned(local)],
  i32: (value: number): number[] => [0x41, ...signed(value)],
  f32: (value: number): number[] => [0x43, ...float32Bytes(value)],
  loadI32: (offset = 0): number[] => [0x28, ...memoryArgument(2, offset)],
  loadF32: (offset = 0): number[] => [0x2a, ...memoryArgument(2, offset)],
  storeI32: (offset = 0): number[] => [0x36, ...memoryArgument(2, offset)],
  storeF32: (offset = 0): number[] => [0x38, ...memoryArgument(2, offset)],
  lessU: [0x49],
  atLeastU: [0x4f],
  addI32: [0x6a],
  subtractI32: [0x6b],
  differsF32: [0x5c],
  multiplyF32: [0x94],
  /** Until `end`; `br(0)` starts it again. */
  loop: [0x03, 0x40],
  /** Until `end`; `br(0)` leaves it. */
  block: [0x02, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  br: (depth: number): number[] => [0x0c, depth],
  brIf: (depth: number): number[] => [0x0d, depth],
  load: (offset = 0): number[] => [SIMD, 0x00, ...memoryArgument(2, offset)],
  store: (offset = 0): number[] => [SIMD, 0x0b, ...memoryArgument(2, offset)],
  loadSplat: (offset = 0): number[] => [SIMD, 0x09, ...memoryArgument(2, offset)],
  splat: [SIMD, 0x13],
  sqrt: [SIMD, 0xe3, 0x01],
  add: [SIMD, 0xe4, 0x01],
  subtract: [SIMD, 0xe5, 0x01],
  multiply: [SIMD, 0xe6, 0x01],
  divide: [SIMD, 0xe7, 0x01],
} as const;

/** A function that returns nothing, with parameters first among its locals. */
export class FunctionWriter {
  readonly #parameters: ValueType[] = [];
  readonly #locals: ValueType[] = [];
  readonly #body: number[] = [];

  /** @returns the parameter's index. All parameters come before the first local. */
  parameter(type: ValueType): number {
    if (this.#locals.length > 0) throw new TypeError("parameters come before locals");
    this.#parameters.push(type);
    return this.#parameters.length - 1;
  }

  local(type: ValueType): number {
    this.#locals.push(type);
    return this.#parameters.length + this.#locals.length - 1;
  }

  emit(...instructions: readonly (readonly number[])[]): void {
    for (const instruction of instructions) this.#body.push(...instruction);
  }

  /** local = local + bytes */
  advance(local: number, bytes: number): void {
    this.emit(code.get(local), code.i32(bytes), code.addI32, code.set(local));
  }

  get type(): number[] {
    return [0x60, ...vector(this.#parameters.map((type) => [TYPE[type]])), 0];
  }

  get bytes(): number[] {
    const locals = vector(this.#locals.map((type) => [1, TYPE[type]]));
    const body = [...locals, ...this.#body, ...code.end];
    return [...unsigned(body.length), ...body];
  }
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

const name = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
};
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

/** Largest size of a 32-bit memory in pages of 64 KiB; only what is used takes room. */
export const MAX_PAGES = 65_536;

/** Limits of an imported memory that have a maximum; a shared one must. */
const WITH_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

/**
 * A module of these functions, exported by name, over the memory that it imports as `graft.memory`.
 * @param shared whether that memory is one that threads share.
 */
export function moduleBytes(
  functions: ReadonlyMap<string, FunctionWriter>,
  { shared }: { readonly shared: boolean },
): Uint8Array<ArrayBuffer> {
  const all = [...functions];
  const limits = [shared ? SHARED_WITH_MAXIMUM : WITH_MAXIMUM, 1, ...unsigned(MAX_PAGES)];
  const memory = [...name("graft"), ...name("memory"), 2, ...limits];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(all.map(([, made]) => made.type))),
    ...section(2, vector([memory])),
    ...section(3, vector(all.map((_, i) => unsigned(i)))),
    ...section(7, vector(all.map(([exported], i) => [...name(exported), 0, ...unsigned(i)]))),
    ...section(10, vector(all.map(([, made]) => made.bytes))),
  ]);
}
