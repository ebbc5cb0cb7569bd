/** More decimals, or digits before the point, than this are written with an exponent. */
const MOST_DIGITS = 9;

const isWide = (value: number): boolean => Math.abs(value) >= 10 ** MOST_DIGITS;

/** Decimals with which a value has at least three digits that tell something; none for 0 is 2. */
const decimalsOf = (value: number): number =>
  value === 0 ? 2 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));

/**
 * Labels of rows, lowest first: digits enough that no two are the same and each is right to half a row.
 * @param scale `step` between rows; 0 for a single one.
 */
export function axisLabels(scale: {
  readonly lowest: number;
  readonly step: number;
  readonly rows: number;
}): string[] {
  const { lowest, step, rows } = scale;
  const values = Array.from({ length: rows + 1 }, (_, row) => lowest + row * step);
  const largest = Math.max(...values.map(Math.abs));
  const decimals = step === 0 ? decimalsOf(lowest) : Math.max(0, Math.ceil(-Math.log10(step)));
  if (decimals < MOST_DIGITS && !isWide(largest)) return values.map((value) => value.toFixed(decimals));
  const digits = step === 0 ? 2 : Math.max(1, Math.ceil(Math.log10(largest / step)));
  return values.map((value) => value.toExponential(digits));
}

/** "0.123", "0.0000100", "1.00e-12": at least three digits that tell something. */
export function shortNumber(value: number): string {
  const decimals = Math.max(3, decimalsOf(value));
  return decimals >= MOST_DIGITS || isWide(value) ? value.toExponential(2) : value.toFixed(decimals);
}
