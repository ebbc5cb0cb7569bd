import { CoreError, deserializeError, throwIfCancelled } from "@graft/core";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import { type EvaluationView, evaluationViewSchema } from "../models/evaluation-view.ts";
import type { ExportService } from "../models/export-service.ts";
import type { ExportView } from "../models/export-view.ts";
import { type SentEvaluation, sentEvaluationSchema } from "../models/sent-evaluation.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { ModelJobRepository } from "../ports/model-job-repository.ts";
import type { ModelJobRow } from "../ports/model-job-rows.ts";
import type { RowChanges } from "../queue/row-changes.ts";
import type { ModelJobRemoval } from "./model-job-removal.ts";
import type { ModelJobService, NewEvaluation, NewExport, NewSentEvaluation } from "./model-job-service.ts";
import type { ModelJobView } from "./model-job-view.ts";

export interface ModelJobResultsParts {
  readonly modelJobs: ModelJobRepository;
  readonly blobs: BlobStore;
  readonly access: Access;
  readonly service: ModelJobService;
  readonly exports: Pick<ExportService, "list">;
  readonly changes: RowChanges<ModelJobRow>;
  readonly removal: ModelJobRemoval;
}

interface Waits {
  readonly signal?: AbortSignal | undefined;
}

/** What came of model jobs, later or waited for. */
export class ModelJobResults {
  readonly #parts: ModelJobResultsParts;

  constructor(parts: ModelJobResultsParts) {
    this.#parts = parts;
  }

  /** Of a data set's pictures. @throws CoreError `not-found`, `conflict` for a job that has no such result; why it failed. */
  async evaluation(caller: Caller, id: string): Promise<EvaluationView> {
    const row = await this.#parts.access.modelJob(caller, id);
    return evaluationViewSchema.parse(await this.#result(row, row.dataset));
  }

  /** Of an upload's pictures. @throws CoreError as {@link evaluation}. */
  async sentEvaluation(caller: Caller, id: string): Promise<SentEvaluation> {
    const row = await this.#parts.access.modelJob(caller, id);
    return sentEvaluationSchema.parse(await this.#result(row, row.upload));
  }

  /**
   * Has a model evaluated and waits for it; what is told then is kept no longer. Who leaves leaves the job going.
   * @throws CoreError as `ModelJobService.evaluate`, why it failed, `cancelled`.
   */
  async evaluateNow(caller: Caller, { signal, ...asked }: NewEvaluation & Waits): Promise<EvaluationView> {
    const job = await this.#parts.service.evaluate(caller, asked);
    return this.#now(job, signal, () => this.evaluation(caller, job.id));
  }

  /** The same for an upload's pictures. @throws CoreError as {@link evaluateNow}. */
  async evaluateUploadNow(
    caller: Caller,
    { signal, ...asked }: NewSentEvaluation & Waits,
  ): Promise<SentEvaluation> {
    const job = await this.#parts.service.evaluateUpload(caller, asked);
    return this.#now(job, signal, () => this.sentEvaluation(caller, job.id));
  }

  /** The same for an export, whose files stay. @throws CoreError as `ModelJobService.export`, why it failed, `cancelled`. */
  async exportNow(caller: Caller, { signal, ...asked }: NewExport & Waits): Promise<ExportView> {
    const job = await this.#parts.service.export(caller, asked);
    return this.#now(job, signal, async () => {
      const made = await this.#parts.exports.list(caller, asked.run);
      const found = made.find(({ format }) => format === asked.format);
      if (found) return found;
      throw new CoreError("conflict", {
        what: "The export was deleted while it was made.",
        fix: "Make it again.",
      });
    });
  }

  async #now<T>({ id }: ModelJobView, signal: AbortSignal | undefined, tell: () => Promise<T>): Promise<T> {
    const { modelJobs, changes, removal } = this.#parts;
    for await (const _ of changes.follow(id, { signal })) throwIfCancelled(signal);
    throwIfCancelled(signal);
    const row = await modelJobs.get(id);
    if (!row)
      throw new CoreError("conflict", {
        what: "What was asked for was taken back: it, or something that it is of, was deleted meanwhile.",
        fix: "Ask again.",
      });
    try {
      checkWell(row);
      return await tell();
    } finally {
      // who left has not heard it; what cannot be removed now is swept later, and the answer is none the worse for it
      if (!signal?.aborted) await removal.remove([row]).catch(() => undefined);
    }
  }

  async #result({ result, ...row }: ModelJobRow, of: string | null): Promise<unknown> {
    checkWell(row);
    if (result === null || of === null)
      throw new CoreError("conflict", {
        what: "This job has no such result.",
        received: `${row.kind}, ${row.state}`,
        expected: "a completed evaluation, of a data set's pictures or of an upload's",
        fix: "Ask for what this job is of, when it is completed.",
      });
    return JSON.parse(new TextDecoder().decode(await this.#parts.blobs.read(result)));
  }
}

/** @throws CoreError why it failed, `conflict` for one that was stopped. */
function checkWell({ error, state }: Pick<ModelJobRow, "error" | "state">): void {
  if (error) throw deserializeError(error);
  if (state === "cancelled")
    throw new CoreError("conflict", { what: "The job was stopped before it was done.", fix: "Ask again." });
}
