import { CoreError } from "@graft/core";
import { placeOnDisk } from "./place-on-disk.ts";

/**
 * Holds a folder that is written out of the folder of images of a data set: its files would be a class there.
 * @param out where the folder goes (`--out`).
 * @param dataset as it was typed: what is no folder (an archive, a known set) holds nothing.
 * @param noun what is written there.
 * @throws CoreError `conflict`.
 */
export async function checkOutsideDataset(
  out: string,
  dataset: string,
  noun: "model" | "export" = "model",
): Promise<void> {
  if (!(await (await placeOnDisk(out)).isIn(dataset))) return;
  throw new CoreError("conflict", {
    what: `--out is inside the data set's folder, where the ${noun} would look like a class of images.`,
    received: out,
    expected: `a folder outside ${dataset}`,
    fix:
      noun === "model"
        ? "Choose another path, or leave out --out: the model then goes into the run's own folder."
        : "Choose another path.",
  });
}
