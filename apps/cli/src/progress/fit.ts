/** Narrower, a bar shows nothing. */
const NARROWEST_BAR = 4;

/** The first of several ways to say something that leaves a column free; the last when none does. */
export function firstThatFits(forms: readonly string[], columns: number): string {
  return forms.find(({ length }) => length < columns) ?? forms.at(-1) ?? "";
}

/** A bar as wide as the line has room for beside `words`, which count what stands between; "" where there is next to none. */
export function fittingBar(
  fraction: number,
  { words, columns, widest }: { readonly words: string; readonly columns: number; readonly widest: number },
): string {
  const width = Math.min(widest, columns - 1 - words.length);
  return width < NARROWEST_BAR ? "" : bar(fraction, width);
}

/** "██████░░░░" */
function bar(fraction: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, fraction)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
