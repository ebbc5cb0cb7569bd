import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { evaluationImages } from "../evaluate/evaluation-images.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import { calibrationPixels } from "../quantize/calibration-images.ts";
import { locationOf, readingOf } from "./open-dataset.ts";
import type { OpenedDataset, OpenedModel, Workspace } from "./workspace.ts";

/** An image of a class that is known, as the trunk sees it. */
export interface HeldImage {
  readonly pixels: Uint8Array;
  /** In the model's numbering; -1 for a class that it does not know. */
  readonly label: number;
}

/** What an int8 model is made from and held against. */
export interface Int8Images {
  /** Pixels of training images. */
  readonly calibration: readonly Uint8Array[];
  /** Images of the validation part, or of whatever part there is. */
  readonly held: readonly HeldImage[];
  /** "200 validation images of …" */
  readonly description: string;
}

/** Enough to see a hundredth of accuracy; each goes through the network twice. */
const MOST_HELD = 400;

/**
 * Images of the data set that was named, else of the one that the model's run was made from. Calibration takes those that
 * were trained on, as far as they are there by content.
 * @throws CoreError `not-found` when neither a data set was named nor the run is here; as `Workspace.openDataset`.
 */
export async function int8Images(
  workspace: Pick<Workspace, "openDataset">,
  model: OpenedModel,
  data: string | undefined,
): Promise<Int8Images> {
  const { run } = model;
  const { labels, trainedOn, rule } = model.model.manifest;
  const name = data ?? (run && locationOf(run));
  if (name === undefined) {
    throw new CoreError("not-found", {
      what: "int8 is calibrated on training images, and this model's run is not here.",
      fix: "Give its data set with `data`.",
    });
  }
  const opened = await workspace.openDataset(name, {
    ...{ purpose: "score", knownLabels: labels },
    ...(run && data === undefined ? readingOf(run.record.config) : {}),
  });
  const { dataset, prepare } = opened;
  const known = new Set(trainedOn);
  const trained = dataset.images.filter(({ hash }) => known.has(hash));
  const images = trained.length > 0 ? trained : dataset.images;
  const calibration = await calibrationPixels({ images, rule, prepare });
  const chosen = evaluationImages(dataset, run?.split, undefined);
  const held = await readable(spread(chosen.images, MOST_HELD), model, opened);
  const part = chosen.part === "all" ? "" : ` ${chosen.part}`;
  return { calibration, held, description: `${held.length}${part} images of ${name}` };
}

/** At most so many of a list, evenly over it. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  const count = Math.min(most, list.length);
  return Array.from({ length: count }, (_, i) => Math.floor((i * list.length) / count)).flatMap((at) =>
    list.slice(at, at + 1),
  );
}

async function readable(
  images: readonly DatasetImage[],
  { model: { manifest } }: OpenedModel,
  { dataset, prepare }: OpenedDataset,
): Promise<readonly HeldImage[]> {
  const made = await Promise.all(
    images.map(async (image) => {
      try {
        const [pixels] = await prepare(image, manifest.rule, null, [0]);
        const label = manifest.labels.indexOf(dataset.labels[image.label] ?? "");
        return pixels ? [{ pixels, label }] : [];
      } catch (error) {
        if (isOfOneFile(error)) return [];
        throw error;
      }
    }),
  );
  return made.flat();
}
