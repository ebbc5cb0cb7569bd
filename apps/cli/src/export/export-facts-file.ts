import { factsFile, factsPath, type Model } from "@graft/core";
import { checkFilePlace, placeOnDisk } from "@graft/core/node";

/** For people, where an export says less than the model. */
export const TELLS_NOT_UNLIKE =
  'This format cannot say "like nothing it learned from"; onnx, tfjs, node and python can.';

const RULES = { noun: "description of the export" } as const;

/** Looks whether an export's facts may be placed beside it, before any work. @throws CoreError as `checkFilePlace`. */
export function checkFactsFile(out: string, force: boolean): Promise<void> {
  return checkFilePlace(factsPath(out), { ...RULES, force });
}

/**
 * Writes what a program needs beside the numbers into a file beside the export (`factsFile`).
 * @param written the model as it was exported.
 * @param options.tellsUnlike the export can say what is unlike the training.
 * @returns the file's absolute path.
 * @throws CoreError as `Folder.replaceFile`.
 */
export function placeFactsFile(
  out: string,
  written: Model,
  { force, tellsUnlike }: { readonly force: boolean; readonly tellsUnlike: boolean },
): Promise<string> {
  const { folder, path } = placeOnDisk(factsPath(out));
  return folder.replaceFile(path, { ...RULES, force }, [factsFile(written, { tellsUnlike })]);
}
