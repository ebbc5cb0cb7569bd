import { exportOnnxInt8 } from "@graft/backend-select";
import { type Columns, exportInt8Job, withColumns } from "@graft/core";
import { checkFilePlace, resolveModelFolder } from "@graft/core/node";
import { UsageError } from "../../exit/exit-codes.ts";
import { checkFactsFile, placeFactsFile } from "../../export/export-facts-file.ts";
import { exportJson, exportText } from "../../output/export-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

const EXTENSION = ".onnx";
/** What int8 may cost before it is said. */
const MOST_LOST = 0.01;
const LEAST_AGREEMENT = 0.98;

/** `graft export MODEL --format onnx-int8`: quantised on training images, with its accuracy before and after. */
export async function exportInt8(
  context: CommandContext,
  flags: Flags,
  modelName: string,
  columns: Columns | undefined,
): Promise<void> {
  const out = String(flags.out);
  const force = flags.force === true;
  if (!out.toLowerCase().endsWith(EXTENSION)) {
    throw new UsageError(
      `--out: expected a name that ends in ${EXTENSION}, so that programs know the format. Received: ${out}.`,
    );
  }
  resolveModelFolder(modelName, context.environment.home);
  await checkFilePlace(out, { force, noun: "export" });
  await checkFactsFile(out, force);
  await using session = new Session(context);
  const model = await session.workspace.openModel(modelName);
  const written = withColumns(model.model, columns);
  const result = await exportInt8Job(session.workspace, {
    model,
    data: typeof flags.data === "string" ? flags.data : undefined,
    backend: typeof flags.backend === "string" ? flags.backend : undefined,
    write: (trained, material) => exportOnnxInt8(trained, out, { ...material, force }),
    onWriting: () => session.status("Quantising the model, reading it again and comparing"),
  });
  const facts = await placeFactsFile(out, written, { force, tellsUnlike: false });
  const done = { trained: model.model, written, labelsIn: "its metadata", facts, canHaveOneColumn: false };
  session.status("");
  const { path, agreement, calibratedOn, comparedOn, images } = result;
  const { accuracyBefore: before, accuracyAfter: after } = result;
  if (context.json) {
    const accuracy = { accuracyBefore: before, accuracyAfter: after };
    const compared = { agreement, ...accuracy, calibratedOn, comparedOn, images };
    printJson({ format: "onnx-int8", path, ...compared, ...exportJson(done) });
    return;
  }
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const lines = [
    path,
    exportText(done),
    `Calibrated on ${calibratedOn} images; read again and compared on ${comparedOn}: the same label for ${percent(agreement)}.`,
  ];
  if (before !== undefined && after !== undefined) {
    lines.push(`Accuracy ${percent(before)} before, ${percent(after)} after.`);
    if (before - after > MOST_LOST + 1e-9)
      lines.push(`int8 costs this model more than ${percent(MOST_LOST)}: --format onnx loses nothing.`);
  }
  if (agreement < LEAST_AGREEMENT)
    lines.push(`Fewer than ${percent(LEAST_AGREEMENT)} agree: --format onnx gives the model's own answers.`);
  print(lines.join("\n"));
}
