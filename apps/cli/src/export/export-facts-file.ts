import { factsFile, factsPath, type Model } from "@graft/core";
import { placeOnDisk } from "@graft/core/node";

export const FACTS_NOUN = "description of the export";

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
  return folder.replaceFile(path, { noun: FACTS_NOUN, force }, [factsFile(written, { tellsUnlike })]);
}
