/**
 * A text of core names an option by its key, in backticks and with its value where one is meant: "Use a smaller `size`, or
 * `weights: bundled`." An answer of the API says it so; an edge with names of its own (a flag, a field of a form) puts them in.
 *
 * @param say the edge's words for an option, with the value's text where one is named; undefined for what is no option of
 * its, which stays as it is.
 */
export function renderOptions(
  text: string,
  say: (key: string, value: string | undefined) => string | undefined,
): string {
  return text.replace(
    /`([a-z][A-Za-z]*)(?:: ([^`\n]*))?`/g,
    (whole, key: string, value?: string) => say(key, value) ?? whole,
  );
}
