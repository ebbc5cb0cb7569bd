/** A tag's values; a string is text. */
export type TagValues = readonly number[] | string;

export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  /** Bands a pixel. */
  readonly bands: number;
  readonly data: Uint8Array | Uint16Array | Int16Array | Int32Array | Uint32Array | Float32Array; // [height, width, bands]
  readonly photometric: number;
  readonly bigEndian?: boolean;
  /** With 64-bit offsets. */
  readonly big?: boolean;
  /** One strip a band. */
  readonly planar?: boolean;
  /** Further tags by number, or others in place of those that the picture has. */
  readonly tags?: Readonly<Record<number, TagValues>>;
  /** Tags of a directory that tag 330 of the first leads to; no pixels belong to it. */
  readonly subDirectory?: Readonly<Record<number, TagValues>>;
}

const SHORT = 3;
const LONG = 4;
/** Tags whose values have 32 bits; all other numbers are written in 16. */
const LONGS = new Set([254, 256, 257, 273, 278, 279, 330]);

function formatOf(data: TiffOptions["data"]): number {
  if (data instanceof Float32Array) return 3;
  return data instanceof Int16Array || data instanceof Int32Array ? 2 : 1;
}

/** Numbers as bytes, in one order or the other. */
function bytesOf(values: Iterable<number>, size: 1 | 2 | 4 | 8, kind: number, little: boolean): Uint8Array {
  const list = [...values];
  const bytes = new Uint8Array(list.length * size);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of list.entries()) {
    const at = i * size;
    if (kind === 3) view.setFloat32(at, value, little);
    else if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, little);
    else if (size === 4) view.setUint32(at, value, little);
    else view.setBigUint64(at, BigInt(value), little);
  }
  return bytes;
}

/** An uncompressed TIFF, pixels first, then its directory: what no encoder here writes of odd ones. */
export function writeTiff(options: TiffOptions): Uint8Array {
  const { width, height, bands, data, photometric, planar = false, tags = {}, subDirectory } = options;
  const little = !options.bigEndian;
  const big = options.big === true;
  const offsetSize = big ? 8 : 4;
  const size = data.BYTES_PER_ELEMENT === 1 ? 1 : data.BYTES_PER_ELEMENT === 2 ? 2 : 4;
  const format = formatOf(data);
  const inPlanes = Array.from({ length: bands }, (_, band) => data.filter((_value, i) => i % bands === band));
  const pixels = bytesOf(planar ? inPlanes.flatMap((plane) => [...plane]) : data, size, format, little);
  const strips = planar ? bands : 1;
  const stripLength = pixels.length / strips;
  const pixelsAt = big ? 16 : 8;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const add = (bytes: Uint8Array): number => {
    const at = length;
    chunks.push(bytes, new Uint8Array(bytes.length % 2));
    length += bytes.length + (bytes.length % 2);
    return at;
  };
  const addDirectory = (entries: ReadonlyMap<number, TagValues>): number => {
    const written = [...entries].map(([tag, values]) => {
      const isText = typeof values === "string";
      const wide = LONGS.has(tag);
      const body = isText ? new TextEncoder().encode(values) : bytesOf(values, wide ? 4 : 2, 0, little);
      const place = body.length <= offsetSize ? body : bytesOf([add(body)], offsetSize, 0, little);
      const padded = new Uint8Array(offsetSize);
      padded.set(place);
      const type = isText ? 2 : wide ? LONG : SHORT;
      const count = isText ? body.length : values.length;
      return [bytesOf([tag, type], 2, 0, little), bytesOf([count], offsetSize, 0, little), padded];
    });
    const count = bytesOf([written.length], big ? 8 : 2, 0, little);
    return add(Buffer.concat([count, ...written.flat(), new Uint8Array(offsetSize)]));
  };

  const header = new Uint8Array(pixelsAt);
  add(header);
  add(pixels);
  const own: Record<number, TagValues> = {
    ...{ 256: [width], 257: [height], 258: Array(bands).fill(size * 8), 259: [1], 262: [photometric] },
    ...{
      273: Array.from({ length: strips }, (_, i) => pixelsAt + i * stripLength),
      277: [bands],
      278: [height],
    },
    ...{
      279: Array(strips).fill(stripLength),
      284: [planar ? 2 : 1],
      339: Array(bands).fill(format),
      ...tags,
    },
    ...(subDirectory && {
      330: [addDirectory(new Map(Object.entries(subDirectory).map(([tag, v]) => [Number(tag), v])))],
    }),
  };
  const at = addDirectory(new Map(Object.entries(own).map(([tag, values]) => [Number(tag), values])));
  header.set(new TextEncoder().encode(little ? "II" : "MM"));
  header.set(bytesOf(big ? [43, 8, 0] : [42], 2, 0, little), 2);
  header.set(bytesOf([at], offsetSize, 0, little), big ? 8 : 4);
  return Buffer.concat(chunks);
}
