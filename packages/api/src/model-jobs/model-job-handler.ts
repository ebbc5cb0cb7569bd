import { CoreError } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import { notThere } from "../identity/identity.ts";
import type { EvaluationView } from "../models/evaluation-view.ts";
import type { ExportService } from "../models/export-service.ts";
import { type SentEvaluation, sentEvaluation, sentListSchema } from "../models/sent-evaluation.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Job, JobContext } from "../ports/jobs.ts";
import type { ModelJobChange } from "../ports/model-job-repository.ts";
import type { ModelJobRow, ScoringAsked } from "../ports/model-job-rows.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import type { RowChanges } from "../queue/row-changes.ts";
import type { RowWork } from "../queue/row-work.ts";
import { updateUnderWay } from "../queue/update-under-way.ts";
import type { EvaluateWork } from "./evaluate-work.ts";
import type { ExplainWork } from "./explain-work.ts";

export interface ModelJobHandlerParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly keeper: Pick<BlobKeeper, "keep">;
  readonly clock: Clock;
  readonly work: RowWork<ModelJobRow>;
  readonly changes: RowChanges<ModelJobRow>;
  readonly evaluations: EvaluateWork;
  readonly explanations: ExplainWork;
  readonly exports: Pick<ExportService, "make">;
}

/**
 * Does jobs over finished models in the host itself, whose predictor has processes for it. One that was cut off is begun anew:
 * an export that is not whole is none, heat maps that are there are not computed again.
 */
export class ModelJobHandler {
  readonly #parts: ModelJobHandlerParts;

  constructor(parts: ModelJobHandlerParts) {
    this.#parts = parts;
  }

  /** @throws CoreError as `RowWork.handle`. */
  readonly handle = (job: Job, context: JobContext): Promise<void> =>
    this.#parts.work.handle(job, context, (row) => this.#do(row, context));

  async #do(row: ModelJobRow, context: JobContext): Promise<void> {
    const { exports, explanations } = this.#parts;
    const { asked } = row;
    const { signal } = context;
    const run = await this.#parts.repository.runs.get(row.run);
    if (!run) throw notThere("run", row.run);
    if (asked.kind === "evaluate") return this.#evaluate(row, run, { ...asked, signal });
    if (asked.kind === "export") await exports.make(run, { ...asked, signal });
    else
      await explanations.explain(run, {
        ...{ images: asked.images, signal },
        onKept: async (progress) => {
          context.hasKept();
          await this.#update(row.id, { progress });
        },
      });
    await this.#done(row, {});
  }

  async #evaluate(
    row: ModelJobRow,
    run: RunRow,
    asked: ScoringAsked & { readonly signal: AbortSignal },
  ): Promise<void> {
    const evaluation = await this.#evaluation(row, { ...asked, run });
    const text = new TextEncoder().encode(JSON.stringify(evaluation));
    await using kept = await this.#parts.keeper.keep(text);
    await this.#done(row, { result: kept.hash });
  }

  async #evaluation(
    { dataset: id, upload, sent }: ModelJobRow,
    asked: Parameters<EvaluateWork["ofDataset"]>[1],
  ): Promise<EvaluationView | SentEvaluation> {
    const { repository, blobs, evaluations } = this.#parts;
    if (upload !== null && sent !== null) {
      const list = sentListSchema.parse(JSON.parse(new TextDecoder().decode(await blobs.read(sent))));
      return sentEvaluation(asked.run.id, await evaluations.ofUpload(upload, list, asked));
    }
    const dataset = id === null ? undefined : await repository.datasets.get(id);
    if (!dataset) throw notThere("data set", id ?? "none");
    return evaluations.ofDataset(dataset, asked);
  }

  async #done({ id }: ModelJobRow, change: ModelJobChange): Promise<void> {
    const end = { state: "completed", progress: null, endedAt: this.#parts.clock() } as const;
    if (await this.#update(id, { ...end, ...change })) return;
    throw new CoreError("cancelled", { what: "The job was removed while it was worked on." });
  }

  #update(id: string, change: ModelJobChange): Promise<boolean> {
    const { repository, changes } = this.#parts;
    return updateUnderWay({ rows: repository.modelJobs, changes }, id, change);
  }
}
