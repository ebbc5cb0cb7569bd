import type { PlainSweep } from "./search-schema.ts";
import type { Spread, SweepResult } from "./types.ts";

const plainFigure = (value: number): number | null => (Number.isFinite(value) ? value : null);
const plainSpread = ({ mean, deviation }: Spread): PlainSweep["rows"][number]["loss"] => ({
  mean: plainFigure(mean),
  deviation: plainFigure(deviation),
});
const spreadOf = ({ mean, deviation }: PlainSweep["rows"][number]["loss"]): Spread => ({
  mean: mean ?? Number.NaN,
  deviation: deviation ?? Number.NaN,
});

/** A sweep's result as JSON has it. */
export function plainSweep({ rows, recommended, reason, images }: SweepResult): PlainSweep {
  return {
    rows: rows.map((row) => ({ ...row, accuracy: plainSpread(row.accuracy), loss: plainSpread(row.loss) })),
    recommended: rows.indexOf(recommended),
    ...{ reason, images: { ...images } },
  };
}

/** {@link plainSweep}'s other direction. @throws TypeError for a recommended row that is none. */
export function sweepOfPlain({ rows: plain, recommended: place, reason, images }: PlainSweep): SweepResult {
  const rows = plain.map((row) => ({ ...row, accuracy: spreadOf(row.accuracy), loss: spreadOf(row.loss) }));
  const recommended = rows[place];
  if (!recommended) throw new TypeError("the recommended row is one of the rows");
  return { rows, recommended, reason, images };
}
