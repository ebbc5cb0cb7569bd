import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExportFindings } from "@graft/api";
import { exportOnnxInt8, formatWriter } from "@graft/backend-select";
import {
  columnsText,
  exportFormatFacts,
  exportInt8Job,
  exportJob,
  factsFile,
  factsPath,
  type Model,
  type OpenedModel,
  withColumns,
} from "@graft/core";
import { exportPlace } from "./export-place.ts";
import type { Asked } from "./request-messages.ts";
import type { RequestWorkspace } from "./request-workspace.ts";

/** What stands for the model's name in the names of files. */
const STEM = "model";

/**
 * Writes a model in one format into the request's folder, with its facts beside it where it is one file; read again and
 * compared as the command line does.
 * @throws CoreError as `exportJob`, `exportInt8Job`.
 */
export async function exportRequest(
  workspace: RequestWorkspace,
  trained: Model,
  { format, columns, notSureBelow, pictures, folder }: Asked<"export">,
): Promise<ExportFindings> {
  const { manifest } = trained;
  const told = { ...trained, manifest: { ...manifest, ...(notSureBelow ? { notSureBelow } : {}) } };
  const model: OpenedModel = { model: told, run: undefined };
  const { extension, tellsUnlike } = exportFormatFacts(format);
  const place = exportPlace(folder, format);
  const path = extension === undefined ? place : join(place, `${STEM}${extension}`);
  const data = pictures?.name;
  const written = withColumns(told, columns);
  const shared = { output: columnsText(written.manifest) };
  if (format === "onnx-int8") {
    const result = await exportInt8Job(workspace, {
      ...{ model, data },
      write: (whole, material) => exportOnnxInt8(whole, path, material),
    });
    await writeFile(factsPath(path), factsFile(written, { tellsUnlike }));
    const { agreement, calibratedOn, comparedOn, images } = result;
    const { accuracyBefore = null, accuracyAfter = null } = result;
    return {
      ...{ ...shared, comparedOn, images, largestDifference: null },
      int8: { agreement, calibratedOn, accuracyBefore, accuracyAfter },
    };
  }
  const writer = formatWriter(format);
  const result = await exportJob(workspace, {
    ...{ model, columns, data },
    write: (whole, check) => writer.write(whole, path, check),
  });
  if (extension !== undefined) await writeFile(factsPath(path), factsFile(result.written, { tellsUnlike }));
  const { comparedOn, images, largestDifference } = result;
  return { ...shared, comparedOn, images, largestDifference, int8: null };
}
