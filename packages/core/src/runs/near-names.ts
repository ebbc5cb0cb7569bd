/** Least number of letters to change, add or leave out (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let at = 1; at <= b.length; at++) {
      const change = (above[at - 1] ?? 0) + (a[row - 1] === b[at - 1] ? 0 : 1);
      line.push(Math.min(change, (above[at] ?? 0) + 1, (line[at - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[b.length] ?? 0;
}

/** The names most like `wanted`, best first: those that contain it, then those a few letters away. */
export function nearNames(wanted: string, names: readonly string[], most = 3): readonly string[] {
  const scored = names.map((name) => ({ name, score: name.includes(wanted) ? 0 : distance(wanted, name) }));
  const near = scored.filter(({ name, score }) => score <= Math.max(2, name.length / 3));
  return near
    .sort((a, b) => a.score - b.score)
    .slice(0, most)
    .map(({ name }) => name);
}
