/** Tags that are asked for, by their numbers in TIFF 6.0, its supplements and DNG 1.7. */
export const TAGS = {
  newSubfileType: 254,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  imageDescription: 270,
  samplesPerPixel: 277,
  maxSampleValue: 281,
  subIfds: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  sMaxSampleValue: 341,
  yCbCrSubsampling: 530,
  dngVersion: 50_706,
} as const;

/** One directory of a TIFF: what is said of one of its pictures. */
export interface TiffDirectory {
  /** A tag's numbers, none where it is missing or leads out of the file; at most `MOST_VALUES`. */
  numbers(tag: number): readonly number[];
  /** A tag's text, "" where it is missing. */
  text(tag: number): string;
}

/** Of offsets of strips a picture has thousands, which nobody asks for here. */
const MOST_VALUES = 64;
/** A file that names more directories, or leads in circles, is not followed further. */
const MOST_DIRECTORIES = 64;

/** Bytes of one value of each type; 2 is text. */
const SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where its values are. */
  readonly at: number;
}

class TiffReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly little: boolean;
  /** With 64-bit offsets. */
  private readonly big: boolean;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.little = bytes[0] === 0x49;
    this.big = this.number(3, 2) === 43;
  }

  firstOffset(): number {
    return this.big ? this.number(16, 8) : this.number(4, 4);
  }

  /** The directory at an offset, and the offset of the one after it (0: none); undefined where none fits. */
  directory(offset: number): { readonly directory: TiffDirectory; readonly next: number } | undefined {
    const [countSize, entrySize, offsetSize, offsetType] = this.big ? [8, 20, 8, 16] : [2, 12, 4, 4];
    const count = this.number(this.big ? 16 : 3, offset);
    const end = offset + countSize + count * entrySize;
    if (!(offset >= 8) || !(end <= this.bytes.length)) return undefined;
    const entries = new Map<number, Entry>();
    for (let at = offset + countSize; at < end; at += entrySize) {
      const type = this.number(3, at + 2);
      const valueCount = this.number(offsetType, at + 4);
      const inPlace = at + entrySize - offsetSize;
      const fits = (SIZES[type] ?? 1) * valueCount <= offsetSize;
      entries.set(this.number(3, at), {
        type,
        count: valueCount,
        at: fits ? inPlace : this.number(offsetType, inPlace),
      });
    }
    const directory = {
      numbers: (tag: number) => this.numbers(entries.get(tag)),
      text: (tag: number) => this.text(entries.get(tag)),
    };
    return { directory, next: this.number(offsetType, end) };
  }

  private numbers(entry: Entry | undefined): readonly number[] {
    const size = entry && SIZES[entry.type];
    if (!entry || !size || entry.at + size * entry.count > this.bytes.length) return [];
    return Array.from({ length: Math.min(entry.count, MOST_VALUES) }, (_, i) =>
      this.number(entry.type, entry.at + i * size),
    );
  }

  private text(entry: Entry | undefined): string {
    if (entry?.type !== 2 || entry.at + entry.count > this.bytes.length) return "";
    return new TextDecoder()
      .decode(this.bytes.subarray(entry.at, entry.at + entry.count))
      .replace(/\0+$/, "");
  }

  /** A value of a TIFF type; NaN outside the file and for types that are no numbers. */
  private number(type: number, at: number): number {
    const { view, little } = this;
    if (!(at >= 0 && at + (SIZES[type] ?? 1) <= view.byteLength)) return Number.NaN;
    switch (type) {
      case 1:
      case 7:
        return view.getUint8(at);
      case 3:
        return view.getUint16(at, little);
      case 4:
      case 13:
        return view.getUint32(at, little);
      case 6:
        return view.getInt8(at);
      case 8:
        return view.getInt16(at, little);
      case 9:
        return view.getInt32(at, little);
      case 11:
        return view.getFloat32(at, little);
      case 12:
        return view.getFloat64(at, little);
      case 16:
      case 18:
        return Number(view.getBigUint64(at, little));
      default:
        return Number.NaN;
    }
  }
}

/**
 * The directories of a TIFF, plain or with 64-bit offsets, in either order of bytes: the first, which is the picture that
 * is read, and all others in turn (further pages, and what sub-directories of the first hold). A damaged file gives what
 * of them can be read; its pixels tell of the damage.
 */
export function tiffDirectories(bytes: Uint8Array): readonly TiffDirectory[] {
  const reader = new TiffReader(bytes);
  const found: TiffDirectory[] = [];
  const seen = new Set<number>();
  const waiting = [reader.firstOffset()];
  for (let offset = waiting.shift(); offset !== undefined; offset = waiting.shift()) {
    if (seen.has(offset) || found.length >= MOST_DIRECTORIES) continue;
    seen.add(offset);
    const read = reader.directory(offset);
    if (!read) continue;
    found.push(read.directory);
    waiting.push(...read.directory.numbers(TAGS.subIfds), read.next);
  }
  return found;
}
