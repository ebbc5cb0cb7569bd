import { checkAxes, sweep } from "../sweep/sweep.ts";
import type { SweepOptions, SweepResult } from "../sweep/types.ts";
import { CUT_LAYERS, type CutLayer } from "../trunk/cut-layers.ts";
import { openSweepData, type SweepDataHost, type SweepDataRequest } from "./open-sweep-data.ts";

export interface SweepHeadsOptions
  extends Pick<SweepDataRequest, "dataset" | "onDataset">,
    Pick<SweepOptions, "axes" | "configOf" | "onProgress"> {}

const lastOf = (cuts: readonly CutLayer[]): CutLayer =>
  CUT_LAYERS.findLast((one) => cuts.includes(one)) ?? "mixed10";

/**
 * Compares heads over cuts, sizes, learning rates, recipes and seeds, on features of one pass of the trunk for each size.
 * @throws CoreError `bad-input` for an axis without a value; as `openSweepData` and `sweep`.
 */
export async function sweepHeadsJob(
  workspace: SweepDataHost,
  { dataset, onDataset, ...options }: SweepHeadsOptions,
): Promise<SweepResult> {
  const { axes, configOf } = options;
  checkAxes(axes);
  // what is read, split and computed is the same for each recipe
  const config = configOf(axes.recipes[0] ?? "gap");
  const data = await openSweepData(workspace, { dataset, config, cut: lastOf(axes.cuts), onDataset });
  return sweep({ ...data, ...options });
}
