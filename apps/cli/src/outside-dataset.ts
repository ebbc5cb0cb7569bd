import { realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { CoreError } from "@graft/core";

/**
 * Holds a model's folder out of the folder of images it is trained on: its files would be a class there.
 * @param dataset as it was typed: what is no folder (an archive, a known set) holds nothing.
 * @throws CoreError `conflict`.
 */
export async function checkOutsideDataset(out: string, dataset: string): Promise<void> {
  const folder = await realpath(dataset).catch(() => undefined);
  if (folder === undefined) return;
  const inside = relative(folder, await realPlace(resolve(out)));
  if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return;
  throw new CoreError("conflict", {
    what: "--out is inside the data set's folder, where the model would be taken for a class of images.",
    received: out,
    expected: `a folder outside of ${dataset}`,
    fix: "Choose another path, or leave --out away: the model is then in the run's own folder.",
  });
}

/** Where a path leads that need not exist yet. */
async function realPlace(path: string): Promise<string> {
  const above = dirname(path);
  try {
    return await realpath(path);
  } catch {
    return above === path ? path : join(await realPlace(above), relative(above, path));
  }
}
