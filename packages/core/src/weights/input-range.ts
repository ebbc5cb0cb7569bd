import { shapeText } from "../graph/infer-shape.ts";
import type { StatedRange } from "./stated-range.ts";

export type InputRange = readonly [number, number];

/** What keras.applications.inception_v3.preprocess_input gives. */
export const KERAS_RANGE: InputRange = [-1, 1];

/** What is known of weights' pixels, the surest first. */
export interface RangeSources {
  /** File, folder, address or name, as it is to be named. */
  readonly origin: string;
  /** By hand. */
  readonly given?: InputRange | undefined;
  /** What the file says itself. */
  readonly stated?: StatedRange;
  /** Of weights that are known by their numbers. */
  readonly known?: { readonly range: InputRange; readonly what: string } | undefined;
}

export interface ChosenRange {
  readonly inputRange: InputRange;
  /** A line for people; undefined where there is nothing to say. */
  readonly notice?: string;
}

const same = (a: InputRange, b: InputRange): boolean => a.every((value, i) => value === b[i]);

/** "[-1, 1]" */
export const rangeText = (range: InputRange): string => shapeText(range);

const byText = (by: readonly string[]): string => (by.length === 0 ? "" : ` (${by.join(", ")})`);

/** What somebody gave, against what is known. */
function contradiction({ origin, given, stated, known }: RangeSources): string | undefined {
  if (!given) return undefined;
  const words = `\`inputRange: ${given.join(",")}\` is used, although`;
  if (stated?.range && !same(stated.range, given))
    return `${words} ${origin} itself says ${rangeText(stated.range)}${byText(stated.by)}.`;
  if (!stated?.range && known && !same(known.range, given))
    return `${words} the weights in ${origin} are ${known.what}, which expect ${rangeText(known.range)}.`;
  return undefined;
}

/**
 * The range of the pixels that a trunk gets: what was given by hand, else what the file says, else that of weights which are
 * known by their numbers, else Keras's.
 */
export function chooseRange(sources: RangeSources): ChosenRange {
  const { origin, given, stated, known } = sources;
  if (given) {
    const notice = contradiction(sources);
    return { inputRange: given, ...(notice === undefined ? {} : { notice }) };
  }
  if (stated?.range) {
    const range = rangeText(stated.range);
    const but =
      known && !same(known.range, stated.range)
        ? `, although its numbers are ${known.what}, which expect ${rangeText(known.range)}`
        : "";
    const notice = `${origin} says that its trunk takes pixels in ${range}${byText(stated.by)}: graft scales them to that${but}; \`inputRange: a,b\` sets another range.`;
    return { inputRange: stated.range, notice };
  }
  if (known) {
    const notice = `The weights in ${origin} are ${known.what}, which expect pixels in ${rangeText(known.range)}: graft scales them to that; \`inputRange: a,b\` sets another range.`;
    return { inputRange: known.range, notice };
  }
  const why = stated?.takesScaled
    ? `${origin} scales pixels that are already scaled${byText(stated.by)}, and does not say how`
    : `The input range of the weights in ${origin} is not known`;
  const notice = `${why}: graft scales pixels to ${rangeText(KERAS_RANGE)}, as Keras's InceptionV3 expects; \`inputRange: a,b\` sets another range.`;
  return { inputRange: KERAS_RANGE, notice };
}
