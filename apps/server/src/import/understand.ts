import { CoreError } from "@graft/core";
import type { OpenedFiles, ScanFilesOptions } from "@graft/core/node";
import type { Reading } from "./messages.ts";

type Scanned = Awaited<ReturnType<OpenedFiles["scan"]>>;

/** What a refusal of a layout says of the classes, for who takes the pictures all the same. */
function classesIn(error: unknown): { readonly classes: unknown; readonly folder: unknown } {
  if (!(error instanceof CoreError) || error.code !== "bad-input") throw error;
  const { classes, folder } = error.facts;
  return { classes, folder };
}

export interface UnderstoodFiles extends Scanned {
  /** No picture has a class. */
  readonly isUnsorted: boolean;
}

/**
 * The files as a data set, as `openDataset` reads them; but what a training would refuse may be mended here, so one class, no
 * class at all and classes without a readable picture are taken in, too.
 * @throws CoreError `bad-input` for a table that does not say it, and where folders can mean two things: a person must say which.
 */
export async function understand(
  opened: OpenedFiles,
  {
    isOneClass,
    labelsFrom,
    labelTable,
    classes: knownLabels,
  }: Pick<Reading, "isOneClass" | "labelsFrom" | "labelTable" | "classes">,
  options: Pick<ScanFilesOptions, "inspect" | "onProgress">,
): Promise<UnderstoodFiles> {
  const scan = async (asked: Partial<ScanFilesOptions>): Promise<UnderstoodFiles> => ({
    ...(await opened.scan({ ...options, ...asked })),
    isUnsorted: asked.label !== undefined,
  });
  if (isOneClass) return scan({ label: "" });
  if (labelsFrom !== null) return scan({ purpose: "score", labelsFrom: { type: labelsFrom } });
  if (labelTable !== null) {
    const { path, column } = labelTable;
    const table = { type: "file" as const, path, ...(column === null ? {} : { column }) };
    return scan({ purpose: "score", labelsFrom: table });
  }
  try {
    return await scan({ purpose: "train" });
  } catch (error) {
    classesIn(error);
  }
  try {
    return await scan({ purpose: "score", knownLabels });
  } catch (error) {
    const { classes, folder } = classesIn(error);
    if (classes === "none" || classes === "unusable") return scan({ label: "" });
    if (classes !== "one" || typeof folder !== "string") throw error;
    return scan({ purpose: "score", knownLabels: [...knownLabels, folder] }).catch((again: unknown) => {
      classesIn(again);
      return scan({ label: "" });
    });
  }
}
