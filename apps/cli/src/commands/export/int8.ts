import { exportOnnxInt8 } from "@graft/backend-select";
import { type Columns, referenceOf, withColumns } from "@graft/core";
import { checkFilePlace, readModelFolder, resolveModelFolder } from "@graft/core/node";
import { UsageError } from "../../exit/exit-codes.ts";
import { checkFactsFile, placeFactsFile } from "../../export/export-facts-file.ts";
import { int8ExportImages } from "../../images/int8-export-images.ts";
import { exportJson, exportText } from "../../output/export-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

const EXTENSION = ".onnx";
/** What int8 may cost before it is said. */
const MOST_LOST = 0.01;
const LEAST_AGREEMENT = 0.98;

const surest = (probabilities: ArrayLike<number>): number => {
  const all = Array.from(probabilities);
  return all.indexOf(Math.max(...all));
};

/** Share of images whose class is known that are told right; undefined without any. */
function accuracyOf(
  predictions: readonly { readonly probabilities: ArrayLike<number> }[],
  labels: readonly number[],
): number | undefined {
  const known = labels.flatMap((label, i) => (label < 0 ? [] : [{ label, said: predictions[i] }]));
  if (known.length === 0) return undefined;
  return (
    known.filter(({ label, said }) => said && surest(said.probabilities) === label).length / known.length
  );
}

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
      `--out: expected a name that ends in ${EXTENSION}, by which programs know the format. Received: ${out}.`,
    );
  }
  const folder = resolveModelFolder(modelName, context.environment.home);
  await checkFilePlace(out, { force, noun: "export" });
  await checkFactsFile(out, force);
  await using session = new Session(context);
  const model = await readModelFolder(folder);
  const written = withColumns(model, columns);
  const data = typeof flags.data === "string" ? flags.data : undefined;
  const { calibration, held, description } = await int8ExportImages(session, model.manifest, data);
  const { backend } = await session.backend(flags.backend);
  session.status("Quantising the model, reading it again and comparing");
  const images = held.map(({ pixels }) => pixels);
  const reference = await referenceOf(model, images, backend);
  const { path, agreement, predictions } = await exportOnnxInt8(model, out, {
    ...{ backend, calibration, reference, force },
  });
  const facts = await placeFactsFile(out, written, { force, tellsUnlike: false });
  const done = { trained: model, written, labelsIn: "its metadata", facts, canHaveOneColumn: false };
  session.status("");
  const labels = held.map(({ label }) => label);
  const before = accuracyOf(reference.predictions, labels);
  const after = accuracyOf(predictions, labels);
  if (context.json) {
    const accuracy = { accuracyBefore: before, accuracyAfter: after };
    const compared = { agreement, ...accuracy, calibratedOn: calibration.length, comparedOn: description };
    printJson({ format: "onnx-int8", path, ...compared, images: images.length, ...exportJson(done) });
    return;
  }
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const lines = [
    path,
    exportText(done),
    `Calibrated on ${calibration.length} images; read again and compared on ${description}: the same label for ${percent(agreement)}.`,
  ];
  if (before !== undefined && after !== undefined) {
    lines.push(`Accuracy ${percent(before)} before, ${percent(after)} after.`);
    if (before - after > MOST_LOST + 1e-9)
      lines.push(`int8 costs this model more than ${percent(MOST_LOST)}: export onnx keeps it all.`);
  }
  if (agreement < LEAST_AGREEMENT)
    lines.push(`Fewer than ${percent(LEAST_AGREEMENT)} agree: export onnx says what the model says.`);
  print(lines.join("\n"));
}
