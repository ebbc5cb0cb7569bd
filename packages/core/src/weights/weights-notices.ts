/** Lines that people see again and again fit a terminal. */
const SHORT = 80;

/** The line that every use of the bundled weights gives. @param why the ImageNet ones were wanted and cannot be had. */
export function bundledNotice(why?: string): string {
  const first = why === undefined ? "" : `The ImageNet weights are unavailable (${why}). `;
  return `${first}Using the bundled weights (InceptionV3 of npm nsfwjs 4.4.0, pixels in [0, 1]): they are always here, but weaker than ImageNet's (cats and dogs: about 0.85 instead of 0.96); \`weights: imagenet\` fetches those.`;
}

/** The same where it has been said before: which weights, that they are weaker, and where more is said. */
export function shortBundledNotice(why?: string): string {
  if (why === undefined) return "Using bundled weights, weaker than ImageNet's (more: `graft weights list`).";
  const withReason = `Weaker bundled weights: ImageNet's are unavailable (${why}).`;
  return withReason.length <= SHORT
    ? withReason
    : "Weaker bundled weights: ImageNet's are unavailable (why: `graft weights fetch`).";
}

/** How many names a notice shows. */
const SHOWN = 4;

function named(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `${names.slice(0, SHOWN).join(", ")}${more}`;
}

/** @param names of the tensors that were passed over. */
export const leftOutNotice = (origin: string, names: readonly string[]): string =>
  `${origin} has a top, which is left out: ${named(names)}.`;

/** @param names of layers that change pixels before the trunk sees them. */
export function inFrontNotice(origin: string, names: readonly string[]): string {
  const [stand, are, them] = names.length === 1 ? ["stands", "is", "it"] : ["stand", "are", "them"];
  return `In ${origin}, ${named(names)} ${stand} in front of the trunk and ${are} left out: pixels reach the trunk without ${them}.`;
}

/** A file whose groups and names contradict each other. */
export const namedOtherwiseNotice = (origin: string): string =>
  `${origin} names its layers differently from how it groups them: graft follows the groups, as Keras does.`;

/** A model of graft that gives its trunk. */
export const modelNotice = (folder: string, cut: string, range: readonly [number, number]): string =>
  `${folder} is a graft model: its trunk is used as trained, up to ${cut}, with pixels in [${range.join(", ")}]; its head is left out.`;
