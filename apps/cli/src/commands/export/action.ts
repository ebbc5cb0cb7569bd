import { exportOnnxInt8, formatWriter } from "@graft/backend-select";
import { exportFormatFacts, exportInt8Job, exportJob, type OpenedModel, withColumns } from "@graft/core";
import { resolveModelFolder } from "@graft/core/node";
import { type AskedExport, askedExport, checkExportPlace } from "../../export/asked-export.ts";
import { placeFactsFile } from "../../export/export-facts-file.ts";
import { trainingFolder } from "../../model/training-folder.ts";
import { printExport, type ToldExport } from "../../output/print-export.ts";
import { checkOutsideDataset } from "../../places/outside-dataset.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** `graft export MODEL --format F --out PATH`: the model for other programs, read again and compared before it is there. */
export async function exportModel(context: CommandContext, flags: Flags, modelName: string): Promise<void> {
  const asked = askedExport(flags);
  const { format, columns, out, force, isFile } = asked;
  resolveModelFolder(modelName, context.environment.home);
  await checkExportPlace(asked);
  await using session = new Session(context);
  const model = await session.workspace.openModel(modelName);
  const written = withColumns(model.model, columns);
  const data = typeof flags.data === "string" ? flags.data : undefined;
  if (!isFile) {
    const ofRun = trainingFolder(model.run);
    for (const set of [data, ofRun]) if (set !== undefined) await checkOutsideDataset(out, set, "export");
  }
  const backend = typeof flags.backend === "string" ? flags.backend : undefined;
  const made = await write(session, asked, { model, data, backend });
  const { tellsUnlike } = exportFormatFacts(format);
  const facts = isFile ? await placeFactsFile(out, written, { force, tellsUnlike }) : undefined;
  session.clear();
  const { manifest } = model.model;
  printExport(context, { ...made, format, model: manifest, head: written.manifest.head, facts });
}

/** onnx-int8 is quantised on training images, and tells its accuracy before and after. */
async function write(
  session: Session,
  { format, columns, out, force }: AskedExport,
  from: {
    readonly model: OpenedModel;
    readonly data: string | undefined;
    readonly backend: string | undefined;
  },
): Promise<Omit<ToldExport, "format" | "model" | "head" | "facts">> {
  if (format === "onnx-int8") {
    const { path, comparedOn, images, ...cost } = await exportInt8Job(session.workspace, {
      ...from,
      write: (trained, material) => exportOnnxInt8(trained, out, { ...material, force }),
      onWriting: () => session.status("Quantising the model, reading it again and comparing"),
    });
    const { accuracyBefore = null, accuracyAfter = null } = cost;
    const int8 = { ...cost, accuracyBefore, accuracyAfter };
    return { path, comparedOn, images, largestDifference: null, int8 };
  }
  const writer = formatWriter(format);
  const { path, comparedOn, images, largestDifference } = await exportJob(session.workspace, {
    ...{ ...from, columns },
    write: (trained, check) => writer.write(trained, out, { ...check, force }),
    onWriting: () => session.status("Writing the model, reading it again and comparing"),
  });
  return { path, comparedOn, images, largestDifference, int8: null };
}
