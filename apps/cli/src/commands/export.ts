import { referenceOf } from "@graft/core";
import { readModelFolder } from "@graft/core/node";
import { comparisonImages } from "../comparison-images.ts";
import { UsageError } from "../exit-codes.ts";
import { EXPORT_FORMAT_NAMES } from "../export-format-names.ts";
import { EXPORT_FORMATS } from "../export-formats.ts";
import { resolveModel } from "../model-path.ts";
import { print, printJson } from "../output/stdout.ts";
import type { CommandContext, Flags } from "../program.ts";
import { Session } from "../session.ts";
import { exportInt8 } from "./export-int8.ts";

/** `graft export MODEL --format F --out PATH`: the model for other programs, read again and compared before it is there. */
export async function exportModel(context: CommandContext, flags: Flags, modelName: string): Promise<void> {
  const name = EXPORT_FORMAT_NAMES.find((known) => known === flags.format);
  if (name === undefined) throw new TypeError(`commander lets ${String(flags.format)} through`);
  if (name === "onnx-int8") return exportInt8(context, flags, modelName);
  const format = EXPORT_FORMATS[name];
  const out = String(flags.out);
  const force = flags.force === true;
  if (format.extension !== undefined && !out.toLowerCase().endsWith(format.extension)) {
    throw new UsageError(
      `--out: expected a name that ends in ${format.extension}, by which programs know the format. Received: ${out}.`,
    );
  }
  const folder = resolveModel(modelName, context.environment.home);
  await format.check(out, force);
  await using session = new Session(context);
  const model = await readModelFolder(folder);
  const data = typeof flags.data === "string" ? flags.data : undefined;
  const { images, description } = await comparisonImages(session, model.manifest, data);
  const { backend } = await session.backend(flags.backend);
  session.status("Writing the model, reading it again and comparing");
  const reference = await referenceOf(model, images, backend);
  const { path, largestDifference } = await format.write(model, out, { reference, backend, force });
  session.status("");
  if (context.json) {
    printJson({ format: name, path, largestDifference, comparedOn: description, images: images.length });
    return;
  }
  const difference = largestDifference === 0 ? "0" : largestDifference.toExponential(1);
  print(`${path}\nRead again and compared on ${description}: probabilities differ by at most ${difference}.`);
}
