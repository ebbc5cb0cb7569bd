/** Numbers of more than 8 bits as they lie in a file. */
export interface WideNumbers {
  /** Numbers a pixel. */
  readonly bands: number;
  readonly data: Uint16Array | Uint32Array | Int32Array | Float32Array; // [height, width, bands]
}

/** The share of all samples, at each end, that may lie outside the few levels that a picture is almost one colour in. */
const FEW_SAMPLES = 0.005;
/** Levels of 256 in which nearly all of such a picture lies. */
const ONE_COLOUR_LEVELS = 16;
/** How many values of the file must have become one level, on average, for something to be lost. */
const VALUES_A_LEVEL = 4;

/**
 * True where nearly all bytes of a picture lie close together though its file's own values there are many: a thermal
 * camera's, say, whose 16 bits tell hundredths of a degree.
 * @param colours bands of colour, which come first.
 * @param levels [256], how many samples became each byte.
 * @param byteOf the byte of a stored number.
 */
export function isOneColour(
  { data, bands }: WideNumbers,
  colours: number,
  levels: Uint32Array,
  byteOf: (stored: number) => number,
): boolean {
  const few = levels.reduce((sum, count) => sum + count, 0) * FEW_SAMPLES;
  const edge = (order: readonly number[]): number => {
    let outside = 0;
    for (const level of order) {
      outside += levels[level] ?? 0;
      if (outside > few) return level;
    }
    return 0;
  };
  const rising = Array.from({ length: 256 }, (_, level) => level);
  const [lowest, highest] = [edge(rising), edge(rising.toReversed())];
  if (highest - lowest >= ONE_COLOUR_LEVELS) return false;
  const values = new Set<number>();
  const many = VALUES_A_LEVEL * (highest - lowest + 1);
  for (let pixel = 0; pixel < data.length && values.size <= many; pixel += bands)
    for (let band = 0; band < colours; band++) {
      const stored = data[pixel + band] ?? 0;
      const byte = byteOf(stored);
      if (byte >= lowest && byte <= highest) values.add(stored);
    }
  return values.size > many;
}
