/**
 * NumPy's .npy files: how arrays come from and go to Python.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (versions 1.0, 2.0 and 3.0).
 */
import { CoreError } from "../errors.ts";

/** The element types that are read. */
export type NpyData = Float32Array | Uint8Array | Int32Array | Float64Array | BigInt64Array;

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: NpyData;
}

const MAGIC = [0x93, ...new TextEncoder().encode("NUMPY")];
/** The header is padded so that the data starts at a multiple of this. */
const ALIGNMENT = 64;

/** What NumPy's type strings mean: bytes an element, and a reader of little-endian bytes. */
const TYPES: Readonly<
  Record<string, { readonly bytes: number; readonly read: (buffer: ArrayBuffer) => NpyData }>
> = {
  "<f4": { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  "<f8": { bytes: 8, read: (buffer) => new Float64Array(buffer) },
  "|u1": { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  "<i4": { bytes: 4, read: (buffer) => new Int32Array(buffer) },
  "<i8": { bytes: 8, read: (buffer) => new BigInt64Array(buffer) },
};

function corrupt(what: string, received?: string, expected?: string): never {
  throw new CoreError("corrupt", {
    what: `This is not a usable .npy file: ${what}.`,
    ...(received === undefined ? {} : { received }),
    ...(expected === undefined ? {} : { expected }),
  });
}

/** The header's text and where the data starts. */
function headerOf(bytes: Uint8Array): { readonly text: string; readonly dataStart: number } {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) corrupt("it does not start with \\x93NUMPY");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) corrupt("unknown format version", `${major}`, "1, 2 or 3");
  const textStart = major === 1 ? 10 : 12;
  if (bytes.length < textStart) corrupt("it ends inside its header", `${bytes.length} bytes`);
  const dataStart = textStart + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < dataStart)
    corrupt("it ends inside its header", `${bytes.length} bytes`, `at least ${dataStart}`);
  return { text: new TextDecoder().decode(bytes.subarray(textStart, dataStart)), dataStart };
}

/** A field of the header, which is the literal of a Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }. */
function field(text: string, pattern: RegExp, name: string): string {
  const found = pattern.exec(text)?.[1];
  return found ?? corrupt(`its header has no ${name} that can be read`, text.trim());
}

function shapeOf(text: string): number[] {
  const parts = field(text, /'shape':\s*\(([\d,\s]*)\)/, "shape").split(",");
  return parts.filter((part) => part.trim() !== "").map(Number);
}

/**
 * Reads an array of float32, float64, uint8, int32 or int64 in C order.
 * @param bytes a whole file; copied, so the result is the caller's own.
 * @throws CoreError `corrupt` when it is cut off or no .npy at all, `unsupported` for another type or Fortran order.
 */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const { text, dataStart } = headerOf(bytes);
  const descr = field(text, /'descr':\s*'([^']*)'/, "descr");
  const type = TYPES[descr];
  if (!type) {
    throw new CoreError("unsupported", {
      what: "This .npy holds numbers of a type that graft cannot read.",
      received: descr,
      expected: `one of ${Object.keys(TYPES).join(", ")}`,
      fix: "Save it with array.astype(numpy.float32).",
    });
  }
  if (field(text, /'fortran_order':\s*(True|False)/, "fortran_order") === "True") {
    throw new CoreError("unsupported", {
      what: "This .npy is in Fortran order.",
      fix: "Save it with numpy.ascontiguousarray(array).",
    });
  }
  const shape = shapeOf(text);
  const length = shape.reduce((product, dim) => product * dim, type.bytes);
  const found = bytes.length - dataStart;
  if (found !== length)
    corrupt(
      `its data has the wrong length for ${descr} (${shape.join(", ")})`,
      `${found} bytes`,
      `${length}`,
    );
  // not bytes.slice(): Node's Buffer gives a view from it, at any alignment
  return { shape, data: type.read(new Uint8Array(bytes.subarray(dataStart)).buffer) };
}

/**
 * The bytes that come before an array's data in a .npy file (version 1.0), so that a large array can be written piece by
 * piece.
 */
export function npyHeader(shape: readonly number[], descr: string): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 4;
  const total = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const padded = `${text.padEnd(total - before - 1)}\n`;
  const length = padded.length;
  return Uint8Array.from([...MAGIC, 1, 0, length & 0xff, length >> 8, ...new TextEncoder().encode(padded)]);
}
