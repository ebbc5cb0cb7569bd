import { formatWriter } from "@graft/backend-select";
import { type Columns, type ExportFormat, exportFormatFacts, exportJob, withColumns } from "@graft/core";
import { resolveModelFolder } from "@graft/core/node";
import { UsageError } from "../../exit/exit-codes.ts";
import { checkFactsFile, placeFactsFile, TELLS_NOT_UNLIKE } from "../../export/export-facts-file.ts";
import { EXPORT_FORMAT_NAMES } from "../../export/export-format-names.ts";
import { trainingFolder } from "../../model/training-folder.ts";
import { exportJson, exportText } from "../../output/export-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import { checkOutsideDataset } from "../../places/outside-dataset.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { exportInt8 } from "./int8.ts";

/** `graft export MODEL --format F --out PATH`: the model for other programs, read again and compared before it is there. */
export async function exportModel(context: CommandContext, flags: Flags, modelName: string): Promise<void> {
  const name = EXPORT_FORMAT_NAMES.find((known) => known === flags.format);
  if (name === undefined) throw new TypeError(`commander lets ${String(flags.format)} through`);
  const columns = columnsOf(flags, name);
  if (name === "onnx-int8") return exportInt8(context, flags, modelName, columns);
  const { extension, labelsIn, canHaveOneColumn, tellsUnlike } = exportFormatFacts(name);
  const writer = formatWriter(name);
  const isFile = extension !== undefined;
  const out = String(flags.out);
  const force = flags.force === true;
  if (extension !== undefined && !out.toLowerCase().endsWith(extension)) {
    throw new UsageError(
      `--out: expected a name that ends in ${extension}, so that programs know the format. Received: ${out}.`,
    );
  }
  resolveModelFolder(modelName, context.environment.home);
  await writer.check(out, force);
  if (isFile) await checkFactsFile(out, force);
  await using session = new Session(context);
  const model = await session.workspace.openModel(modelName);
  withColumns(model.model, columns);
  const data = typeof flags.data === "string" ? flags.data : undefined;
  if (!isFile) {
    const ofRun = trainingFolder(model.run);
    for (const set of [data, ofRun]) if (set !== undefined) await checkOutsideDataset(out, set, "export");
  }
  const result = await exportJob(session.workspace, {
    ...{ model, columns, data },
    backend: typeof flags.backend === "string" ? flags.backend : undefined,
    write: (trained, check) => writer.write(trained, out, { ...check, force }),
    onWriting: () => session.status("Writing the model, reading it again and comparing"),
  });
  const { path, largestDifference, written, comparedOn, images } = result;
  const facts = isFile ? { facts: await placeFactsFile(out, written, { force, tellsUnlike }) } : {};
  const done = { trained: model.model, written, labelsIn, canHaveOneColumn, ...facts };
  session.status("");
  if (context.json) {
    printJson({ format: name, path, largestDifference, comparedOn, images, ...exportJson(done) });
    return;
  }
  const difference = largestDifference === 0 ? "0" : largestDifference.toExponential(1);
  print(
    [
      path,
      exportText(done),
      ...(tellsUnlike || !model.model.manifest.likeness ? [] : [TELLS_NOT_UNLIKE]),
      `Read again and compared on ${comparedOn}: probabilities differ by at most ${difference}.`,
    ].join("\n"),
  );
}

/** @throws UsageError for a format that has one column for each class, always. */
function columnsOf({ columns }: Flags, name: ExportFormat): Columns | undefined {
  if (columns !== "1") return columns === "2" ? 2 : undefined;
  if (exportFormatFacts(name).canHaveOneColumn) return 1;
  throw new UsageError(
    `--columns: ${name} always has one column for each class. Received: 1. Expected: 2, or another format: tfjs, h5 or keras.`,
  );
}
