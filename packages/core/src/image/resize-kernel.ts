import { RESIZE_KERNEL } from "./generated/resize-kernel-wasm.ts";
import { PLAIN_PASSES, type ResizePasses } from "./resize-passes.ts";
import { type TriangleWeights, triangleWeights } from "./triangle-weights.ts";

/** resize-kernel.wat. Places are byte offsets in the memory. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** (source, target, rows, stride, to, pairs, starts, weights) */
  rows(...operands: readonly number[]): void;
  /** (source, target, to, stride, pairs, starts, weights) */
  columns(...operands: readonly number[]): void;
}

/** What is used of the platforms' global: TypeScript declares it only together with the whole DOM. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Kernel };
};

const PAGE_BYTES = 65_536;
/** Pixels go through the kernel's memory in bands of about this size: they stay in a core's cache, and memory stays small. */
const BAND_BYTES = 262_144;
/** Above this, one band of an image of extreme shape would need too much: the plain passes do it where the pixels lie. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Loads and stores of 16 bytes run past the ends. */
const SLACK_BYTES = 16;
const LOW_BITS = 15;

/** The weights as the kernel reads them: an even number of taps, two 16-bit parts each. */
interface PackedWeights {
  readonly pairs: number;
  readonly starts: Int32Array; // [out]
  readonly parts: Int16Array; // [out, pairs, (low, low, high, high)]
}

const packed = new WeakMap<TriangleWeights, PackedWeights>();

function packWeights(weights: TriangleWeights): PackedWeights {
  const known = packed.get(weights);
  if (known !== undefined) return known;
  const { taps, starts, counts, values } = weights;
  const pairs = Math.ceil(counts.reduce((most, count) => Math.max(most, count), 1) / 2);
  const parts = new Int16Array(starts.length * pairs * 4);
  for (let at = 0; at < starts.length; at++) {
    for (let tap = 0; tap < (counts[at] ?? 0); tap++) {
      const value = values[at * taps + tap] ?? 0;
      const write = (at * pairs + (tap >> 1)) * 4 + (tap & 1);
      parts[write] = value & ((1 << LOW_BITS) - 1);
      parts[write + 2] = value >> LOW_BITS;
    }
  }
  const made = { pairs, starts, parts };
  packed.set(weights, made);
  return made;
}

/** The memory laid out for one pass: the weights lie at `starts` and `parts`, free room begins at `pixels`. */
interface Layout extends PackedWeights {
  readonly pixels: number;
}

function layOut({ pairs, starts, parts }: PackedWeights): Layout {
  return { pairs, starts, parts, pixels: starts.byteLength + parts.byteLength };
}

function resizePasses({ memory, rows: runRows, columns: runColumns }: Kernel): ResizePasses {
  const reserve = (length: number): Uint8Array => {
    const missing = length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return new Uint8Array(memory.buffer);
  };
  const writeWeights = (bytes: Uint8Array, { starts, parts }: Layout): void => {
    bytes.set(new Uint8Array(starts.buffer), 0);
    bytes.set(new Uint8Array(parts.buffer), starts.byteLength);
  };

  return {
    rows(data, rows, from, to) {
      const layout = layOut(packWeights(triangleWeights(from, to)));
      const [stride, outStride] = [from * 3, to * 3];
      // the last pixel's taps of weight 0 may lie behind the row
      const slack = layout.pairs * 6 + SLACK_BYTES;
      const bandRows = Math.min(rows, Math.max(1, Math.floor(BAND_BYTES / (stride + outStride))));
      const target = layout.pixels + bandRows * stride + slack;
      const length = target + bandRows * outStride + SLACK_BYTES;
      if (length > MOST_BYTES) return PLAIN_PASSES.rows(data, rows, from, to);
      const bytes = reserve(length);
      writeWeights(bytes, layout);
      const out = new Uint8Array(rows * outStride);
      for (let row = 0; row < rows; row += bandRows) {
        const count = Math.min(bandRows, rows - row);
        bytes.set(data.subarray(row * stride, (row + count) * stride), layout.pixels);
        runRows(layout.pixels, target, count, stride, to, layout.pairs, 0, layout.starts.byteLength);
        out.set(bytes.subarray(target, target + count * outStride), row * outStride);
      }
      return out;
    },

    columns(data, width, from, to) {
      const layout = layOut(packWeights(triangleWeights(from, to)));
      const { pairs, starts } = layout;
      const stride = width * 3;
      const firstRow = (at: number): number => starts[at] ?? 0;
      // rows behind the image have weight 0: they need room, not values
      const sourceRows = (at: number, end: number): number => firstRow(end - 1) + pairs * 2 - firstRow(at);
      const bandBytes = (at: number, end: number): number => (sourceRows(at, end) + end - at) * stride;
      const length = layout.pixels + Math.max(bandBytes(0, 1), BAND_BYTES) + SLACK_BYTES * 2;
      if (length > MOST_BYTES) return PLAIN_PASSES.columns(data, width, from, to);
      const bytes = reserve(length);
      writeWeights(bytes, layout);
      const out = new Uint8Array(to * stride);
      for (let at = 0, end = 1; at < to; at = end, end = at + 1) {
        while (end < to && bandBytes(at, end + 1) <= BAND_BYTES) end++;
        const source = firstRow(at) * stride;
        const sourceBytes = sourceRows(at, end) * stride;
        bytes.set(data.subarray(source, source + sourceBytes), layout.pixels);
        const target = layout.pixels + sourceBytes + SLACK_BYTES;
        const startsAt = at * Int32Array.BYTES_PER_ELEMENT;
        const partsAt = starts.byteLength + at * pairs * 4 * Int16Array.BYTES_PER_ELEMENT;
        runColumns(layout.pixels - source, target, end - at, stride, pairs, startsAt, partsAt);
        out.set(bytes.subarray(target, target + (end - at) * stride), at * stride);
      }
      return out;
    },
  };
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
let passes: ResizePasses | undefined;

/** The passes in WebAssembly with 128-bit SIMD where the platform has it, else the plain ones; one memory a thread. */
export function fastestPasses(): ResizePasses {
  if (passes !== undefined) return passes;
  const code = Uint8Array.from(atob(RESIZE_KERNEL), (character) => character.charCodeAt(0));
  const hasSimd = isLittleEndian && typeof WebAssembly === "object" && WebAssembly.validate(code);
  passes = hasSimd
    ? resizePasses(new WebAssembly.Instance(new WebAssembly.Module(code)).exports)
    : PLAIN_PASSES;
  return passes;
}
