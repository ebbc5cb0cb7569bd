import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { Clock } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { ModelJobRepository } from "../ports/model-job-repository.ts";
import type { ModelJobRow } from "../ports/model-job-rows.ts";
import type { RowChanges } from "../queue/row-changes.ts";
import type { RowWork } from "../queue/row-work.ts";

/** So long what came of a job is kept that nobody removes. */
export const KEPT_DAYS = 7;
const DAY_MS = 24 * 60 * 60_000;

/** What its rows are of, or what they look at. */
export type JobsOf = Pick<Parameters<ModelJobRepository["page"]>[0], "run" | "dataset" | "upload">;

export interface ModelJobRemovalParts {
  readonly modelJobs: ModelJobRepository;
  readonly keeper: Pick<BlobKeeper, "drop">;
  readonly work: RowWork<ModelJobRow>;
  readonly changes: RowChanges<ModelJobRow>;
  readonly clock: Clock;
}

/** Its page shows pictures. */
const hasPictures = ({ asked }: ModelJobRow): boolean => asked.kind === "evaluate" && asked.page;

/** Takes model jobs away with what came of them. */
export class ModelJobRemoval {
  readonly #parts: ModelJobRemovalParts;

  constructor(parts: ModelJobRemovalParts) {
    this.#parts = parts;
  }

  /** Before a run, a data set or an upload goes: what is under way is stopped. */
  async removeOf(of: JobsOf): Promise<void> {
    await this.remove(await inPages((request) => this.#parts.modelJobs.page({ ...request, ...of })));
  }

  /** Pictures of a data set go, and with them what shows them. */
  async forgetPictures(dataset: string): Promise<void> {
    const rows = await inPages((request) => this.#parts.modelJobs.page({ ...request, dataset }));
    await this.remove(rows.filter((row) => row.dataset === dataset && hasPictures(row)));
  }

  /** What ended longer than {@link KEPT_DAYS} ago. @returns how many. */
  async sweep(): Promise<number> {
    const endedBefore = this.#parts.clock() - KEPT_DAYS * DAY_MS;
    const rows = await inPages((request) => this.#parts.modelJobs.page({ ...request, endedBefore }));
    await this.remove(rows);
    return rows.length;
  }

  async remove(rows: readonly ModelJobRow[]): Promise<void> {
    if (rows.length === 0) return;
    const { modelJobs, keeper, work, changes } = this.#parts;
    const blobs: string[] = [];
    for (const { id } of rows) {
      // as it is when it goes: it may have been completed a moment ago
      const { sent = null, result = null } = (await modelJobs.remove(id)) ?? {};
      for (const hash of [sent, result]) if (hash !== null) blobs.push(hash);
    }
    // who works on one finds no row to write its end into
    await work.stopJobs(rows.map(({ id }) => id));
    await keeper.drop(blobs);
    for (const { id } of rows) changes.changed(id);
  }
}
