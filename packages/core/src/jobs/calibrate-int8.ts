import type { Backend } from "../backend/backend.ts";
import { type Reference, referenceOf } from "../export/agreement.ts";
import type { Model } from "../model/types.ts";
import { int8Images } from "./int8-images.ts";
import type { OpenedModel, Workspace } from "./workspace.ts";

/** What an int8 model is made from and held against. */
export interface Int8Material {
  readonly backend: Backend;
  /** Pixels of training images: ranges are taken from them. */
  readonly calibration: readonly Uint8Array[];
  /** What graft itself says of images that the training did not see. */
  readonly reference: Reference;
}

/** As `ExportWriter`, for a model on whole numbers of 8 bits. */
export type Int8Writer = (model: Model, material: Int8Material) => Promise<Int8ExportedModel>;

export interface Int8ExportedModel {
  /** Where it is, for people. */
  readonly path: string;
  /** Share of the reference's images that it gives the model's own label, in [0, 1]. */
  readonly agreement: number;
  /** What it says of each of the reference's images. */
  readonly predictions: readonly { readonly probabilities: ArrayLike<number> }[];
}

export interface ExportInt8Options {
  readonly model: OpenedModel;
  readonly write: Int8Writer;
  /** Name of the data set. @default that of the model's run */
  readonly data?: string | undefined;
  /** @default the fastest usable */
  readonly backend?: string | undefined;
  /** Called when the images are there and the work on the model begins. */
  readonly onWriting?: () => void;
}

/** An int8 export that is there, and what the 8 bits cost. */
export interface Int8Result {
  readonly path: string;
  readonly agreement: number;
  /** Share of right answers over images of known class, in [0, 1]; undefined without any. */
  readonly accuracyBefore: number | undefined;
  readonly accuracyAfter: number | undefined;
  /** Images. */
  readonly calibratedOn: number;
  readonly comparedOn: string;
  readonly images: number;
}

/**
 * Writes a model with convolutions on whole numbers of 8 bits, calibrated on images of the training, and tells its accuracy
 * before and after.
 * @throws CoreError as `int8Images` and the writer.
 */
export async function exportInt8Job(
  workspace: Pick<Workspace, "openDataset" | "selectBackend">,
  options: ExportInt8Options,
): Promise<Int8Result> {
  const { model, write } = options;
  const { calibration, held, description } = await int8Images(workspace, model, options.data);
  const { backend } = await workspace.selectBackend(options.backend);
  options.onWriting?.();
  const images = held.map(({ pixels }) => pixels);
  const reference = await referenceOf(model.model, images, backend);
  const { path, agreement, predictions } = await write(model.model, { backend, calibration, reference });
  const labels = held.map(({ label }) => label);
  return {
    ...{ path, agreement, calibratedOn: calibration.length, comparedOn: description, images: images.length },
    accuracyBefore: accuracyOf(reference.predictions, labels),
    accuracyAfter: accuracyOf(predictions, labels),
  };
}

const surest = (probabilities: ArrayLike<number>): number => {
  const all = Array.from(probabilities);
  return all.indexOf(Math.max(...all));
};

/** @param labels right classes; -1 for one that is not known. */
function accuracyOf(
  predictions: Int8ExportedModel["predictions"],
  labels: readonly number[],
): number | undefined {
  const known = labels.flatMap((label, i) => (label < 0 ? [] : [{ label, said: predictions[i] }]));
  if (known.length === 0) return undefined;
  return (
    known.filter(({ label, said }) => said && surest(said.probabilities) === label).length / known.length
  );
}
