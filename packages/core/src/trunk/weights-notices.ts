/** Lines that people see again and again fit a terminal. */
const SHORT = 80;

/** The line that every use of the bundled weights gives. @param why the ImageNet ones were wanted and can not be had. */
export function bundledNotice(why?: string): string {
  const first = why === undefined ? "" : `The ImageNet weights can not be had (${why}). `;
  return `${first}Using the bundled weights (InceptionV3 of npm nsfwjs 4.4.0, pixels in [0, 1]): always there, weaker than ImageNet's (cats and dogs: about 0.85 instead of 0.96); --weights imagenet fetches those.`;
}

/** The same where it has been said before: which weights, that they are weaker, and where more is said. */
export function shortBundledNotice(why?: string): string {
  if (why === undefined) return "Bundled weights, weaker than ImageNet's (more: graft weights list).";
  const withReason = `Weaker bundled weights, ImageNet's can not be had: ${why}.`;
  return withReason.length <= SHORT
    ? withReason
    : "Weaker bundled weights: ImageNet's can not be had (why: graft weights fetch).";
}

/** What an unknown file's input range is taken to be. */
export const unknownRangeNotice = (origin: string): string =>
  `The input range of the weights in ${origin} is not known: pixels are scaled to [-1, 1], as Keras's InceptionV3 takes them; --input-range a,b says otherwise.`;

/** A file that has the bundled numbers under another name. */
export const bundledNumbersNotice = (origin: string): string =>
  `The weights in ${origin} are the bundled ones, which expect pixels in [0, 1]; as a file's, pixels are scaled to [-1, 1]; --input-range 0,1 says otherwise.`;

/** @param names of the tensors that were passed over. */
export function leftOutNotice(origin: string, names: readonly string[]): string {
  const shown = names.slice(0, 4).join(", ");
  const more = names.length > 4 ? ` and ${names.length - 4} more` : "";
  return `${origin} has a top, which is left out: ${shown}${more}.`;
}
