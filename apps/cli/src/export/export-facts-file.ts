import { columnsText, exportFacts, type Model, withoutLikeness } from "@graft/core";
import { checkFilePlace, placeOnDisk } from "@graft/core/node";

/** The name is the export's with .json behind: m.h5 and m.onnx may lie side by side. */
const besidePath = (out: string): string => `${out}.json`;

/** For people, where an export says less than the model. */
export const TELLS_NOT_UNLIKE =
  'This format cannot say "like nothing it learned from"; onnx, tfjs, node and python can.';

const RULES = { noun: "description of the export" } as const;

/** Looks whether an export's facts may be placed beside it, before any work. @throws CoreError as `checkFilePlace`. */
export function checkFactsFile(out: string, force: boolean): Promise<void> {
  return checkFilePlace(besidePath(out), { ...RULES, force });
}

/**
 * Writes what a program needs beside the numbers into a file beside the export. It is in the export too, but not every
 * program that opens one shows it: Keras does not, nor does ONNX Runtime in a browser.
 * @param written the model as it was exported: its head has the columns that the file has.
 * @param options.tellsUnlike the export can say what is unlike the training.
 * @returns the file's absolute path.
 * @throws CoreError as `Folder.replaceFile`.
 */
export function placeFactsFile(
  out: string,
  { manifest }: Model,
  { force, tellsUnlike }: { readonly force: boolean; readonly tellsUnlike: boolean },
): Promise<string> {
  const told = tellsUnlike ? manifest : withoutLikeness(manifest);
  const facts = { output: columnsText(manifest), ...exportFacts(told) };
  const text = new TextEncoder().encode(`${JSON.stringify(facts, null, 2)}\n`);
  const { folder, path } = placeOnDisk(besidePath(out));
  return folder.replaceFile(path, { ...RULES, force }, [text]);
}
