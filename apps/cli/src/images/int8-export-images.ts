import {
  CoreError,
  calibrationPixels,
  type DatasetImage,
  isOfOneFile,
  type Model,
  type PrepareImage,
  readingOf,
} from "@graft/core";
import type { RunFolder } from "@graft/core/node";
import { evaluationImages } from "../evaluation/evaluation-images.ts";
import { modelRun } from "../model/model-run.ts";
import type { Session } from "../session/session.ts";

/** What an int8 export is made from and held against. */
export interface Int8ExportImages {
  /** Pixels of training images. */
  readonly calibration: readonly Uint8Array[];
  /** Pixels of images of the validation part, or of whatever part there is, with their class in the model's numbering. */
  readonly held: readonly { readonly pixels: Uint8Array; readonly label: number }[];
  /** "200 validation images of …" */
  readonly description: string;
}

/** Enough to see a hundredth of accuracy; each goes through the network twice. */
const MOST_HELD = 400;

/** @throws CoreError `not-found` when neither `--data` nor the model's run names a data set; as `Session.dataset`. */
async function dataName(
  home: string,
  manifest: Model["manifest"],
  data: string | undefined,
): Promise<{ readonly name: string; readonly run: RunFolder | undefined }> {
  const run = await modelRun(home, manifest);
  const location = run?.record.dataset?.location;
  const name = data ?? (typeof location === "string" ? location : undefined);
  if (name !== undefined) return { name, run };
  throw new CoreError("not-found", {
    what: "int8 is calibrated on images of the training, and the run of this model is not here.",
    fix: "Give its data set with --data.",
  });
}

async function readable(
  images: readonly DatasetImage[],
  manifest: Model["manifest"],
  { prepare, labels }: { readonly prepare: PrepareImage; readonly labels: readonly string[] },
): Promise<Int8ExportImages["held"]> {
  const made = await Promise.all(
    images.map(async (image) => {
      try {
        const [pixels] = await prepare(image, manifest.rule, null, [0]);
        const label = manifest.labels.indexOf(labels[image.label] ?? "");
        return pixels ? [{ pixels, label }] : [];
      } catch (error) {
        if (isOfOneFile(error)) return [];
        throw error;
      }
    }),
  );
  return made.flat();
}

/**
 * Images of `--data`, else of the data set that the model's run was made from. Calibration takes those that were trained
 * on, as far as they are there by content.
 */
export async function int8ExportImages(
  session: Session,
  manifest: Model["manifest"],
  data: string | undefined,
): Promise<Int8ExportImages> {
  const { name, run } = await dataName(session.context.environment.home, manifest, data);
  const isOfRun = run !== undefined && data === undefined;
  const { dataset, prepare } = await session.dataset(name, {
    ...{ purpose: "score", knownLabels: manifest.labels },
    ...(isOfRun ? readingOf(run.record.config) : {}),
  });
  const known = new Set(manifest.trainedOn);
  const trained = dataset.images.filter(({ hash }) => known.has(hash));
  const { rule } = manifest;
  const images = trained.length > 0 ? trained : dataset.images;
  const calibration = await calibrationPixels({ images, rule, prepare });
  const chosen = evaluationImages(dataset, run?.split, undefined);
  const count = Math.min(MOST_HELD, chosen.images.length);
  const some = Array.from({ length: count }, (_, i) =>
    chosen.images.slice(Math.floor((i * chosen.images.length) / count)).at(0),
  ).filter((image) => image !== undefined);
  const held = await readable(some, manifest, { prepare, labels: dataset.labels });
  const part = chosen.part === "all" ? "" : ` ${chosen.part}`;
  return { calibration, held, description: `${held.length}${part} images of ${name}` };
}
