import type { Model } from "../model/types.ts";
import { columnsText } from "./columns.ts";
import { exportFacts, withoutLikeness } from "./export-facts.ts";

/** The name is the export's with .json behind: m.h5 and m.onnx may lie side by side. */
export const factsPath = (exportPath: string): string => `${exportPath}.json`;

/**
 * What a program needs beside the numbers, for a file beside an export that is one file itself. It is in the export too, but
 * not every program that opens one shows it: Keras does not, nor does ONNX Runtime in a browser.
 * @param written the model as it was exported: its head has the columns that the file has.
 * @param options.tellsUnlike the export can say what is unlike the training.
 * @returns JSON in UTF-8.
 */
export function factsFile(
  { manifest }: Model,
  { tellsUnlike }: { readonly tellsUnlike: boolean },
): Uint8Array<ArrayBuffer> {
  const told = tellsUnlike ? manifest : withoutLikeness(manifest);
  const facts = { output: columnsText(manifest), ...exportFacts(told) };
  return new TextEncoder().encode(`${JSON.stringify(facts, null, 2)}\n`);
}
