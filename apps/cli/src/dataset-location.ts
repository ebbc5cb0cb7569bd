import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

/** A data set's name as typed → what finds it again from any folder, and a short name for people. */
export function datasetLocation(name: string): { readonly location: string; readonly shortName: string } {
  // a known set's name stays as it is; openDataset gives it precedence over a folder of that name, too
  if (!existsSync(name) || name === "emoji" || name === "cats-and-dogs")
    return { location: name, shortName: name };
  const location = resolve(name);
  return { location, shortName: basename(location) || location };
}

/** `--weights` as typed → what finds the same file again from any folder. */
export function weightsLocation(name: string): string {
  return !["auto", "bundled", "imagenet"].includes(name) && existsSync(name) ? resolve(name) : name;
}
