import { visibleText } from "../visible-text.ts";

/** Widths in bits of pictures that lie in 16 bits without filling them. */
export const NARROW_BITS = [8, 9, 10, 11, 12, 13, 14] as const;
export type NarrowBits = (typeof NARROW_BITS)[number];

/**
 * What was decided about an image file that does not say outright what its numbers mean, or that lost some of them:
 *
 * - `bits-N-of-16`: 16-bit numbers that fill N bits, taken as a picture of N bits
 * - `unit-float`: numbers from 0 to 1, taken as black to white
 * - `bytes-in-wider`: 0 to 255 in 32-bit numbers, taken as they are (fractions cut off)
 * - `extra-band`: bands beside the colours that are no alpha, left aside
 * - `one-colour`: nearly all pixels became one colour in 8 bits, though the file has finer steps
 * - `damaged-jpeg`: a JPEG that is whole by its length, with parts that cannot be decoded
 */
export type ImageReading =
  | `bits-${NarrowBits}-of-16`
  | "unit-float"
  | "bytes-in-wider"
  | "extra-band"
  | "one-colour"
  | "damaged-jpeg";

type NarrowReading = Extract<ImageReading, `bits-${number}-of-16`>;
const isNarrow = (reading: ImageReading): reading is NarrowReading => reading.startsWith("bits-");

/** What follows "3 images" and what follows "1 image". */
type Predicates = readonly [many: string, one: string];

const PREDICATES: Readonly<Record<Exclude<ImageReading, NarrowReading>, Predicates>> = {
  "unit-float": [
    "hold numbers from 0 to 1: they are read as black to white",
    "holds numbers from 0 to 1: they are read as black to white",
  ],
  "bytes-in-wider": [
    "hold numbers from 0 to 255 in 32 bits each: they are read as 8-bit pictures",
    "holds numbers from 0 to 255 in 32 bits each: it is read as an 8-bit picture",
  ],
  "extra-band": [
    "have bands beside their colours that the files do not call alpha: graft ignores these bands",
    "has bands beside its colours that the file does not call alpha: graft ignores these bands",
  ],
  "one-colour": [
    "are almost one colour in 8 bits, because their values lie close together: stretch the values over the whole range and save the images again",
    "is almost one colour in 8 bits, because its values lie close together: stretch the values over the whole range and save the image again",
  ],
  "damaged-jpeg": [
    "are damaged inside: the lost parts are grey or smeared, as other programs show them",
    "is damaged inside: the lost parts are grey or smeared, as other programs show them",
  ],
};

function predicates(reading: ImageReading): Predicates {
  if (!isNarrow(reading)) return PREDICATES[reading];
  const bits = Number(reading.split("-")[1]);
  const article = bits === 8 || bits === 11 ? "an" : "a";
  return [
    `use ${bits} of their 16 bits: they are read as ${bits}-bit pictures`,
    `uses ${bits} of its 16 bits: it is read as ${article} ${bits}-bit picture`,
  ];
}

/** One sentence for people about the images that were read in one way. @param example the path of one of them. */
export function readingSentence(reading: ImageReading, count: number, example: string): string {
  const [many, one] = predicates(reading);
  return count === 1
    ? `1 image ${one} (${visibleText(example)})`
    : `${count} images ${many} (for example ${visibleText(example)})`;
}

/** What there is to say about how the images of a data set were read. */
export interface ReadingNote {
  readonly reading: ImageReading;
  readonly count: number;
  /** The path of the first of them. */
  readonly example: string;
  readonly message: string;
}

/** One note a reading, in the order in which the images show them; none where every file says what it means. */
export function readingNotes(
  images: Iterable<{
    readonly path: string;
    readonly facts: { readonly readings?: readonly ImageReading[] };
  }>,
): readonly ReadingNote[] {
  const found = new Map<ImageReading, { count: number; readonly example: string }>();
  for (const { path, facts } of images)
    for (const reading of facts.readings ?? []) {
      const known = found.get(reading);
      if (known) known.count++;
      else found.set(reading, { count: 1, example: path });
    }
  return [...found].map(([reading, { count, example }]) => ({
    reading,
    count,
    example,
    message: readingSentence(reading, count, example),
  }));
}
