import type { Backend } from "../backend/backend.ts";
import { type Reference, referenceOf } from "../export/agreement.ts";
import { type Columns, withColumns } from "../export/columns.ts";
import type { Model } from "../model/types.ts";
import { comparisonImages } from "./comparison-images.ts";
import type { OpenedModel, Workspace } from "./workspace.ts";

/** What a format's writer holds its file against before the file is there. */
export interface ExportCheck {
  readonly reference: Reference;
  readonly backend: Backend;
  readonly columns?: Columns;
}

/**
 * Writes a model in one format to the place that the host chose, reads it again, compares, and only then lets it appear.
 * Formats are the host's: some need an engine.
 */
export type ExportWriter = (model: Model, check: ExportCheck) => Promise<ExportedModel>;

export interface ExportedModel {
  /** Where it is, for people. */
  readonly path: string;
  /** Of a probability between what was read back and the model, at most 1e-4. */
  readonly largestDifference: number;
}

export interface ExportJobOptions {
  readonly model: OpenedModel;
  readonly write: ExportWriter;
  /** Of the output, where the head has one sigmoid for two classes. @default one a class */
  readonly columns?: Columns | undefined;
  /** Name of the data set whose images it is compared on. @default the run's own, else embedded ones */
  readonly data?: string | undefined;
  /** @default the fastest usable */
  readonly backend?: string | undefined;
  /** Called when the images are there and the writing begins. */
  readonly onWriting?: () => void;
}

/** An export that is there. */
export interface ExportResult extends ExportedModel {
  /** The model with the columns that the export has. */
  readonly written: Model;
  /** Which images it was compared on, and how many. */
  readonly comparedOn: string;
  readonly images: number;
}

/**
 * Writes a model for other programs: compared on real images with what graft says of them before it is there.
 * @throws CoreError `bad-input` for columns that the head cannot have, or when no image can be read; as the writer.
 */
export async function exportJob(
  workspace: Parameters<typeof comparisonImages>[0] & Pick<Workspace, "selectBackend">,
  options: ExportJobOptions,
): Promise<ExportResult> {
  const { model, write, columns, data } = options;
  const written = withColumns(model.model, columns);
  const { images, description } = await comparisonImages(workspace, model, data);
  const { backend } = await workspace.selectBackend(options.backend);
  options.onWriting?.();
  const reference = await referenceOf(model.model, images, backend);
  const exported = await write(model.model, {
    ...{ reference, backend },
    ...(columns === undefined ? {} : { columns }),
  });
  return { ...exported, written, comparedOn: description, images: images.length };
}
