/**
 * Places of a curve's points that are drawn when there are more than a chart can show: of each of some equal stretches the
 * lowest and the highest of every line, so that no peak is lost; the first and the last always.
 * @param lines numbers by place; undefined where a line has none.
 * @param most at least 2 + 2 a line. @returns places in order, at most so many.
 */
export function thinned(
  numPoints: number,
  lines: readonly ((place: number) => number | undefined)[],
  most: number,
): readonly number[] {
  if (numPoints <= most) return Array.from({ length: numPoints }, (_, place) => place);
  const kept = new Set([0, numPoints - 1]);
  const stretches = Math.max(1, Math.floor((most - 2) / (2 * lines.length)));
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = 1 + Math.floor((stretch * (numPoints - 2)) / stretches);
    const end = 1 + Math.floor(((stretch + 1) * (numPoints - 2)) / stretches);
    for (const line of lines) {
      let low: number | undefined;
      let high: number | undefined;
      for (let place = start; place < end; place++) {
        const value = line(place);
        if (value === undefined) continue;
        if (low === undefined || value < (line(low) ?? 0)) low = place;
        if (high === undefined || value > (line(high) ?? 0)) high = place;
      }
      if (low !== undefined) kept.add(low);
      if (high !== undefined) kept.add(high);
    }
  }
  return [...kept].sort((a, b) => a - b);
}
