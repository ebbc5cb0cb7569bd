import { throwIfCancelled } from "../errors.ts";
import type { FeatureTap } from "./compute-rows.ts";
import type { ExtractTapsOptions } from "./extract-options.ts";
import { Extraction } from "./extraction.ts";
import type { FeatureTable } from "./types.ts";

/** Of one tap, the program's output "features". */
export interface ExtractOptions extends Omit<ExtractTapsOptions, "taps">, Omit<FeatureTap, "output"> {}

/**
 * The trunk's features of a list of images, from the store where it has them, else computed and stored; an image of which
 * one tap's row is missing goes through the trunk once, for all taps. Decoding runs beside the trunk (compute-rows.ts has
 * the pipeline and its bounds).
 *
 * With cacheType float16 the rows of the table are rounded like the stored ones, so a first run and a second one read
 * the same numbers.
 *
 * @returns one table for each tap, in their order.
 * @throws CoreError `cancelled`: what was computed until then is in the store, and a next call goes on from there; as
 * `prepare` when there is no `onBroken`; `backend`; `limit` when a table that must be in memory does not fit.
 */
export async function extractTaps(options: ExtractTapsOptions): Promise<readonly FeatureTable[]> {
  throwIfCancelled(options.signal);
  const extraction = new Extraction(options);
  const missing = await extraction.takeStored();
  extraction.report();
  await extraction.compute(missing);
  // also when the last batch was what it was cancelled in: the caller wants to stop
  throwIfCancelled(options.signal);
  return extraction.tables;
}

/** {@link extractTaps} for one layer. */
export async function extractFeatures({
  space,
  rowShape,
  ...options
}: ExtractOptions): Promise<FeatureTable> {
  const [table] = await extractTaps({ ...options, taps: [{ output: "features", space, rowShape }] });
  if (!table) throw new TypeError("one tap gives one table");
  return table;
}
