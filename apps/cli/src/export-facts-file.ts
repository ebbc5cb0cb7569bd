import { columnsText, exportFacts, type Model } from "@graft/core";
import { checkFilePlace, placeFile, writeHashed } from "@graft/core/node";

/** The name is the export's with .json behind: m.h5 and m.onnx may lie side by side. */
const besidePath = (out: string): string => `${out}.json`;

const RULES = { noun: "description of the export" } as const;

/** Looks whether an export's facts may be placed beside it, before any work. @throws CoreError as `checkFilePlace`. */
export function checkFactsFile(out: string, force: boolean): Promise<void> {
  return checkFilePlace(besidePath(out), { ...RULES, force });
}

/**
 * Writes what a program needs beside the numbers into a file beside the export. It is in the export too, but not every
 * program that opens one shows it: Keras does not, nor does ONNX Runtime in a browser.
 * @param written the model as it was exported: its head has the columns that the file has.
 * @returns the file's absolute path.
 * @throws CoreError as `placeFile`.
 */
export function placeFactsFile(out: string, { manifest }: Model, force: boolean): Promise<string> {
  const facts = { output: columnsText(manifest), ...exportFacts(manifest) };
  const text = new TextEncoder().encode(`${JSON.stringify(facts, null, 2)}\n`);
  const fill = async (temporary: string): Promise<void> => void (await writeHashed(temporary, [text]));
  return placeFile(besidePath(out), { ...RULES, force, fill });
}
