import { computeFeaturesJob, featuresDescriptionText, type GivenPixels, type JobNote } from "@graft/core";
import { UsageError } from "../../exit/exit-codes.ts";
import { featuresPlace, tellFeatures } from "../../export/features-place.ts";
import { writeFeatures } from "../../export/write-features.ts";
import { readNpyImages } from "../../images/npy-images.ts";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { placeFile } from "../../places/out-path.ts";
import { imageProgress } from "../../progress/image-progress.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** `graft features DATASET|FOLDER|IMAGE|IMAGES.npy --out F.npy`: float32 [n, c] or [n, h, w, c]; names and labels in F.json. */
export async function features(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  const config = configFromFlags(flags);
  const pool = flags.pool === "none" ? "none" : "avg";
  const place = await featuresPlace(flags, dataset);
  const { out, beside } = place;
  await using session = new Session(context);
  const source = await sourceOf(dataset, flags);
  const tell = (note: JobNote): void => session.tellNote(note, dataset);
  const progress = imageProgress("Computing features", (line) => session.status(line));
  const { table, description } = await computeFeaturesJob(session.workspace, {
    ...{ source, config, pool },
    onOpened: (notes) => {
      session.clear();
      for (const note of notes) tell(note);
    },
    onNote: tell,
    onProgress: ({ done, total }) => progress(done, total),
  });
  await writeFeatures(table, out);
  await placeFile(beside, (file) => file.writeFile(featuresDescriptionText(description)));
  session.status("");
  const shape = [table.numRows, ...table.rowShape];
  tellFeatures(context, place, { shape, isLabelled: description.labels !== null });
}

/** An array's images are read here; what else there is to name, the job opens. */
async function sourceOf(name: string, flags: Flags): Promise<string | GivenPixels> {
  if (!/\.npy$/i.test(name)) {
    checkTypedDataset(name);
    return name;
  }
  const array = await readNpyImages(name);
  if (flags.size !== undefined && flags.size !== array.size)
    throw new UsageError(
      `--size: the images in ${name} are ${array.size} pixels and are used at that size. Received: ${flags.size}.`,
    );
  return array;
}
