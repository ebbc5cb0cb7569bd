/** How the numbers of an HDF5 dataset are read, whatever type and compression they have. */
import type { Dataset, Filter, Module } from "h5wasm";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { decodeFloat16 } from "../numbers/float16.ts";

/** The library, loaded. */
export type Hdf5Library = typeof import("h5wasm");

/** An HDF5 file that is not whole. @param received what the library says. */
export function corruptHdf5(origin: string, received: string, cause?: unknown): CoreError {
  return new CoreError(
    "corrupt",
    {
      what: `${origin} is not a usable HDF5 file.`,
      received,
      fix: "Fetch or copy the file again; it may have been cut off.",
    },
    { cause, facts: { origin } },
  );
}

/** First line of the HDF5 library's own text that says something. */
export const hdf5Reason = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return /truncated file[^\n]*|file signature not found/.exec(text)?.[0] ?? text.split("\n")[0] ?? text;
};

/** The exact values of bfloat16 numbers: the upper half of a float32 each. */
function decodeBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}

type HalfType = "float16" | "bfloat16";

/** What a file and the library that reads it have in common for all datasets. */
export class Hdf5Source {
  /** For errors. */
  readonly origin: string;
  readonly module: typeof Module;
  readonly #bytes: Uint8Array;
  #halfType: { readonly found: HalfType | undefined } | undefined;

  /** @param bytes the whole file. */
  constructor(origin: string, module: typeof Module, bytes: Uint8Array) {
    this.origin = origin;
    this.module = module;
    this.#bytes = bytes;
  }

  /** What the file's two-byte floats are; undefined where it has both kinds, which says nothing of one dataset. */
  get halfType(): HalfType | undefined {
    // looked for once: it goes through the whole file
    this.#halfType ??= { found: findHalfType(this.#bytes) };
    return this.#halfType.found;
  }
}

/** HDF5's own classes of types. */
const FLOAT = 1;
const OPAQUE = 5;

/** Filters that the library itself has: deflate, shuffle, Fletcher-32, n-bit, scale-offset. */
const KNOWN_FILTERS = new Set([1, 2, 3, 5, 6]);

/** Registered ids of filters that people's tools add (HDF5's list of registered filter plugins). */
const FILTER_NAMES: Readonly<Record<number, string>> = {
  4: "SZIP",
  307: "bzip2",
  32000: "LZF",
  32001: "Blosc",
  32004: "LZ4",
  32008: "Bitshuffle",
  32013: "ZFP",
  32015: "Zstandard",
  32026: "Blosc2",
};

function unknownFilter({ id, name }: Filter, path: string, origin: string): CoreError {
  const called = FILTER_NAMES[id] ?? (name || `the filter ${id}`);
  return new CoreError(
    "unsupported",
    {
      what: `The numbers in ${origin} are compressed with ${called}, which graft cannot read.`,
      received: `${path}, HDF5 filter ${id}`,
      expected: "gzip or no compression",
      fix: "Save the file again with gzip (in h5py: compression='gzip'), or from Keras, which does not compress.",
    },
    { facts: { origin, filter: called } },
  );
}

/** A dataset's bytes, little-endian, where the library knows no array for its type. */
function rawBytes({ file_id, path, metadata }: Dataset, { module }: Hdf5Source): Uint8Array<ArrayBuffer> {
  const length = metadata.size * metadata.total_size;
  const at = module._malloc(length);
  try {
    module.get_dataset_data(file_id, path, null, null, null, BigInt(at));
    return new Uint8Array(module.HEAPU8.subarray(at, at + length));
  } finally {
    module._free(at);
  }
}

/**
 * The part of a datatype message that tells bfloat16: 2 bytes of 16 bits, an exponent of 8 bits at bit 7, a significand of 7
 * bits at bit 0, bias 127 (HDF5 File Format Specification 4.0, IV.A.2.d). The library gives a type's length alone, and a
 * datatype message is never compressed.
 */
const BFLOAT16_MESSAGE = [2, 0, 0, 0, 0, 0, 16, 0, 7, 8, 0, 7, 127, 0, 0, 0];
/** The same of float16: an exponent of 5 bits at bit 10, a significand of 10 bits, bias 15. */
const FLOAT16_MESSAGE = [2, 0, 0, 0, 0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0];

/** Looks for the byte that is rare, then at those around it: an array of millions is searched in milliseconds. */
function includes(bytes: Uint8Array, message: readonly number[]): boolean {
  const rare = message.findIndex((byte) => byte > 2);
  const isAt = (start: number): boolean => message.every((byte, i) => bytes[start + i] === byte);
  for (let at = bytes.indexOf(message[rare] ?? 0); at >= 0; at = bytes.indexOf(message[rare] ?? 0, at + 1))
    if (isAt(at - rare)) return true;
  return false;
}

function findHalfType(bytes: Uint8Array): HalfType | undefined {
  if (!includes(bytes, BFLOAT16_MESSAGE)) return "float16";
  return includes(bytes, FLOAT16_MESSAGE) ? undefined : "bfloat16";
}

function unknownType({ path, dtype }: Dataset, origin: string, received = String(dtype)): CoreError {
  return new CoreError(
    "unsupported",
    {
      what: `The tensor ${path} of ${origin} has a type that graft cannot read.`,
      received,
      expected: "float32, float64, float16 or bfloat16",
      fix: "Save the network's weights as float32, before any quantisation.",
    },
    { facts: { origin } },
  );
}

/** @throws what `read` throws, said of the file. */
function reading<T>(dataset: Dataset, origin: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const filter = dataset.filters.find(({ id }) => !KNOWN_FILTERS.has(id));
    if (filter) throw unknownFilter(filter, dataset.path, origin);
    throw corruptHdf5(origin, `${dataset.path}: ${hdf5Reason(cause)}`, cause);
  }
}

function checkLength(data: Float32Array, { path }: Dataset, shape: readonly number[], origin: string) {
  if (data.length === numElements(shape)) return data;
  throw corruptHdf5(origin, `${path}: ${data.length} numbers, not ${numElements(shape)}`);
}

/**
 * The numbers of a dataset of float32 or float64.
 * @param origin of the file, for errors.
 * @throws CoreError `corrupt` for one of another length or that cannot be read, `unsupported` for another type or a
 * compression that the library does not have.
 */
export function readDataset(dataset: Dataset, shape: readonly number[], origin: string): Float32Array {
  const { type, size } = dataset.metadata;
  if (type !== FLOAT || size < 4) throw unknownType(dataset, origin);
  const value: unknown = reading(dataset, origin, () => dataset.value);
  const data = value instanceof Float64Array ? Float32Array.from(value) : value;
  if (!(data instanceof Float32Array)) throw unknownType(dataset, origin);
  return checkLength(data, dataset, shape, origin);
}

/**
 * {@link readDataset}, and float16 and bfloat16 widened, exactly. NumPy has no bfloat16 of its own: h5py writes that of others
 * as two opaque bytes, as Keras's files have it.
 * @param source the whole file. @throws as {@link readDataset}.
 */
export function readWeight(dataset: Dataset, shape: readonly number[], source: Hdf5Source): Float32Array {
  const { origin } = source;
  const { type, size } = dataset.metadata;
  if (size !== 2 || (type !== FLOAT && type !== OPAQUE)) return readDataset(dataset, shape, origin);
  const kind = type === OPAQUE ? "bfloat16" : source.halfType;
  if (kind === undefined) throw unknownType(dataset, origin, "float16 beside bfloat16");
  const halves = new Uint16Array(reading(dataset, origin, () => rawBytes(dataset, source)).buffer);
  const data = kind === "float16" ? decodeFloat16(halves) : decodeBfloat16(halves);
  return checkLength(data, dataset, shape, origin);
}
