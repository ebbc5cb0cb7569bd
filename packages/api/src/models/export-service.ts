import { type Columns, CoreError, type ExportFormat } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { ExportFindings, LabelledPictures, MadeExport, Predictor } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunFileRow, RunRow } from "../ports/rows.ts";
import {
  type ExportRecord,
  type ExportView,
  exportRecordSchema,
  FORMATS,
  type FormatView,
  formatView,
  type ModelFileView,
} from "./export-view.ts";
import { picturesFor, sidedPictures, spread } from "./labelled-pictures.ts";
import type { ServedRuns } from "./served-runs.ts";

export interface ExportParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly keeper: Pick<BlobKeeper, "begin" | "drop">;
  readonly predictor: Predictor;
  readonly access: Access;
  readonly served: ServedRuns;
  readonly clock: Clock;
}

/** Where exports are among a run's files, a folder for each format. */
export const EXPORTS_FOLDER = "exports";
/** What is kept of an export beside its files; it is no part of it. */
const RECORD_FILE = "export.json";

/** Pictures that an export is compared on, and what int8 needs: graft takes 8, 32 and 400 of them. */
const MOST_HELD = 400;
const MOST_LEARNED = 200;

const folderOf = (format: ExportFormat): string => `${EXPORTS_FOLDER}/${format}`;
/** It is for graft alone, and sent to nobody. */
export const isExportRecord = ({ path }: RunFileRow): boolean => path.endsWith(`/${RECORD_FILE}`);

export const fileView = ({ path, bytes, hash }: RunFileRow): ModelFileView => ({ path, bytes, sha256: hash });

/** What an export is to be. */
export interface AskedExport {
  readonly format: ExportFormat;
  readonly columns?: Columns | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws CoreError `bad-input` for columns that the format cannot have. */
export function checkAskedExport({ format, columns }: AskedExport): void {
  if (columns !== 1 || formatView(format).canHaveOneColumn) return;
  throw new CoreError("bad-input", {
    what: "This format always has one column for each class.",
    received: `${format} with \`columns: 1\``,
    fix: "Leave `columns` out, or take tfjs, h5 or keras.",
  });
}

/** Models for other programs: made when they are asked for, kept as files of their run. */
export class ExportService {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  formats(): readonly FormatView[] {
    return FORMATS.map(formatView);
  }

  /** Exports that are there. @throws CoreError `not-found`. */
  async list(caller: Caller, run: string): Promise<readonly ExportView[]> {
    const { access, repository, served } = this.#parts;
    const row = await access.run(caller, run);
    const files = await repository.runs.files(run, EXPORTS_FOLDER);
    const below = await served.notSureBelow(row);
    const made = await Promise.all(FORMATS.map((format) => this.#made(files, format, below)));
    return made.flatMap((view) => view ?? []);
  }

  /**
   * Writes a model in a format, with the "not sure" threshold of this moment in it; it is read again and compared with the model
   * before it takes the place of the one before.
   * @throws CoreError `not-found`, also for int8 without a picture; `bad-input` for columns that the head cannot have; as `Predictor.export`.
   */
  async make(row: RunRow, { format, columns, signal }: AskedExport): Promise<void> {
    const { predictor, served } = this.#parts;
    const { model } = await served.of(row);
    const below = await served.notSureBelow(row);
    const pictures = await this.#pictures(row);
    if (format === "onnx-int8" && pictures === undefined)
      throw new CoreError("not-found", {
        what: "int8 is calibrated on training images, and this run's data set has none any more.",
        received: format,
        fix: "Export another format, such as onnx.",
      });
    await using made = await predictor.export({
      ...{ model, format, columns, signal, pictures },
      ...(below === null ? {} : { notSureBelow: below }),
    });
    await this.#keep(row, { format, made, notSureBelow: below });
  }

  async #made(
    files: readonly RunFileRow[],
    format: ExportFormat,
    below: number | null,
  ): Promise<ExportView | undefined> {
    const own = files.filter(({ path }) => path.startsWith(`${folderOf(format)}/`));
    const record = own.find(isExportRecord);
    if (!record) return undefined;
    const text = new TextDecoder().decode(await this.#parts.blobs.read(record.hash));
    const parsed = exportRecordSchema.parse(JSON.parse(text));
    return {
      ...{ ...parsed, isCurrent: parsed.notSureBelow === below },
      files: own.filter((file) => !isExportRecord(file)).map(fileView),
    };
  }

  /** Held-back pictures first of all, then some that were learned from; undefined where the data set has none any more. */
  async #pictures(row: RunRow): Promise<LabelledPictures | undefined> {
    const { repository, blobs } = this.#parts;
    const dataset = await repository.datasets.get(row.dataset);
    if (!dataset) return undefined;
    const { labels, images } = await sidedPictures(repository, dataset);
    const held = images.filter(({ part }) => part === "validation");
    const others = images.filter(({ part }) => part !== "validation");
    const chosen = [...spread(held, MOST_HELD), ...spread(others, MOST_LEARNED)];
    return chosen.length === 0 ? undefined : picturesFor(blobs, dataset.name, { labels, images: chosen });
  }

  /** Puts an export's files in the places of the one before, all together. */
  async #keep(
    row: RunRow,
    {
      format,
      made: { files, findings },
      notSureBelow,
    }: { readonly format: ExportFormat; readonly made: MadeExport; readonly notSureBelow: number | null },
  ): Promise<void> {
    const { repository, keeper, clock } = this.#parts;
    const folder = folderOf(format);
    await using keeping = keeper.begin();
    const put: RunFileRow[] = [];
    for (const { path, read } of files)
      put.push({ run: row.id, path: `${folder}/${path}`, ...(await keeping.keep(read())) });
    const record = recordOf(findings, { format, notSureBelow, madeAt: clock() });
    const text = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
    put.push({ run: row.id, path: `${folder}/${RECORD_FILE}`, ...(await keeping.keep(text)) });
    const paths = new Set(put.map(({ path }) => path));
    const before = await repository.runs.files(row.id, folder);
    const remove = before.map(({ path }) => path).filter((path) => !paths.has(path));
    const dropped = await repository.runs.changeFiles(row.id, { put, remove });
    await keeping.release();
    await keeper.drop(dropped);
  }
}

function recordOf(
  findings: ExportFindings,
  { madeAt, ...facts }: Pick<ExportRecord, "format" | "notSureBelow"> & { readonly madeAt: number },
): ExportRecord {
  const { output, comparedOn, images, largestDifference, int8 } = findings;
  return {
    ...{ ...facts, madeAt: new Date(madeAt).toISOString(), output, comparedOn, images, largestDifference },
    int8: int8 && { ...int8 },
  };
}
