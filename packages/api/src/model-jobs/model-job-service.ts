import { CoreError } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import { checkPicturesOf } from "../datasets/own-images.ts";
import type { Access } from "../identity/access.ts";
import { accountOf, type Caller } from "../identity/identity.ts";
import { checkAskedExport } from "../models/export-service.ts";
import type { SentList } from "../models/sent-evaluation.ts";
import type { ServedRuns } from "../models/served-runs.ts";
import { type Clock, idOf, newId } from "../ports/clock.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { ModelJobAsked, ModelJobRow, ScoringAsked } from "../ports/model-job-rows.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { Repository } from "../ports/repository.ts";
import type { RowChanges, WorkNews } from "../queue/row-changes.ts";
import type { RowWork } from "../queue/row-work.ts";
import { waitingLine } from "../queue/waiting-line.ts";
import { isUnderWay, UNDER_WAY } from "../runs/run-state.ts";
import type { UploadService } from "../uploads/upload-service.ts";
import type { ModelJobRemoval } from "./model-job-removal.ts";
import { type ModelJobView, modelJobView } from "./model-job-view.ts";

export interface ModelJobParts {
  readonly repository: Repository;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly access: Access;
  readonly served: Pick<ServedRuns, "of">;
  readonly uploads: Pick<UploadService, "get">;
  readonly keeper: Pick<BlobKeeper, "begin">;
  readonly work: RowWork<ModelJobRow>;
  readonly changes: RowChanges<ModelJobRow>;
  readonly removal: ModelJobRemoval;
}

/** What every new job says. */
export interface NewModelJob {
  /** A finished run. */
  readonly run: string;
  /** The same key makes the same job over a run's model, however often an account asks for it. */
  readonly key?: string | undefined;
}
/** Neither other splits nor a page, where nothing is said. */
type ScoringWished = Partial<ScoringAsked>;
export type NewEvaluation = NewModelJob & ScoringWished & { readonly dataset: string };
export type NewSentEvaluation = NewModelJob & ScoringWished & { readonly upload: string } & SentList;
export type NewExport = NewModelJob & Omit<Extract<ModelJobAsked, { kind: "export" }>, "kind">;
export type NewExplanation = NewModelJob & { readonly images?: readonly string[] | undefined };

/** Jobs of one account that wait or are worked on. */
const MOST_UNDER_WAY = 20;

/** Work over models of finished runs: asked for, listed, followed, stopped, removed. */
export class ModelJobService {
  readonly #parts: ModelJobParts;

  constructor(parts: ModelJobParts) {
    this.#parts = parts;
  }

  /** @throws CoreError `not-found`, also for a run without a model; `busy` for an account that has too much under way. */
  async evaluate(caller: Caller, asked: NewEvaluation): Promise<ModelJobView> {
    const { id } = await this.#parts.access.dataset(caller, asked.dataset);
    return this.#create(caller, asked, { asked: scoringOf(asked), dataset: id });
  }

  /** Of pictures of an open upload, which stays as it is. @throws CoreError as {@link evaluate}. */
  async evaluateUpload(caller: Caller, asked: NewSentEvaluation): Promise<ModelJobView> {
    const { name, labels, pictures } = asked;
    const { id } = await this.#parts.uploads.get(caller, asked.upload);
    const sent: SentList = { name, labels, pictures };
    return this.#create(caller, asked, { asked: scoringOf(asked), upload: id }, sent);
  }

  /**
   * Heat maps of pictures of the run's data set, which its results have from then on.
   * @param asked.images ids. @default all that the run held back
   * @throws CoreError as {@link evaluate}, `not-found` for a picture that is not of the run's data set.
   */
  async explain(caller: Caller, asked: NewExplanation): Promise<ModelJobView> {
    const { access, repository } = this.#parts;
    const { dataset } = await access.run(caller, asked.run);
    const images = asked.images ? [...new Set(asked.images)] : null;
    await checkPicturesOf(repository, dataset, images ?? []);
    return this.#create(caller, asked, { asked: { kind: "explain", images }, dataset });
  }

  /** @throws CoreError as {@link evaluate}, `bad-input` for columns that the format cannot have. */
  async export(caller: Caller, asked: NewExport): Promise<ModelJobView> {
    checkAskedExport(asked);
    const { format, columns } = asked;
    return this.#create(caller, asked, {
      asked: { kind: "export", format, ...(columns === undefined ? {} : { columns }) },
    });
  }

  /** Newest first: of a run, or all that the caller sees. @throws CoreError `not-found`. */
  async list(
    caller: Caller,
    {
      run,
      owner,
      ...request
    }: PageRequest & { readonly run?: string | undefined; readonly owner?: string | undefined },
  ): Promise<Page<ModelJobView>> {
    const { access, repository } = this.#parts;
    if (run !== undefined) await access.run(caller, run);
    const whose = accountOf(caller.identity, owner);
    const { items, next } = await repository.modelJobs.page({ ...request, run, owner: whose });
    return { items: await this.#views(items), ...(next === undefined ? {} : { next }) };
  }

  /** @throws CoreError `not-found`. */
  async get(caller: Caller, id: string): Promise<ModelJobView> {
    return this.#view(await this.#parts.access.modelJob(caller, id));
  }

  /** @throws CoreError `not-found`, before the first event is asked for. */
  async follow(
    caller: Caller,
    id: string,
    options: { readonly lastEventId?: string | null | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<AsyncGenerator<WorkNews<ModelJobRow>>> {
    const { access, changes } = this.#parts;
    await access.modelJob(caller, id);
    const { lastEventId, signal } = options;
    return changes.follow(id, { lastId: lastEventId ?? undefined, signal });
  }

  /** Ends a job for good. One that is over stays as it is. @throws CoreError `not-found`. */
  async cancel(caller: Caller, id: string): Promise<ModelJobView> {
    await this.#parts.access.modelJob(caller, id);
    await this.#parts.work.cancel(id);
    return this.get(caller, id);
  }

  /** Removes a job with what came of it; files of an export and heat maps stay. @throws CoreError `not-found`, `conflict` while it is under way. */
  async remove(caller: Caller, id: string): Promise<void> {
    const row = await this.#parts.access.modelJob(caller, id);
    if (isUnderWay(row.state))
      throw new CoreError("conflict", {
        what: "This job is not over.",
        received: row.state,
        fix: "Cancel it first, and delete it when it has stopped.",
      });
    await this.#parts.removal.remove([row]);
  }

  async #create(
    caller: Caller,
    { run: of, key }: NewModelJob,
    asked: Pick<ModelJobRow, "asked"> & Partial<Pick<ModelJobRow, "dataset" | "upload">>,
    sent?: SentList,
  ): Promise<ModelJobView> {
    const { access, served, repository, work, keeper, clock } = this.#parts;
    const { modelJobs } = repository;
    const run = await access.run(caller, of);
    await served.of(run);
    const { kind } = asked.asked;
    const owner = caller.identity.account.id;
    const id = key === undefined ? newId() : await idOf(`model job ${kind} ${run.id} ${owner} ${key}`);
    const made = await modelJobs.get(id);
    if (made) {
      checkSame(made, asked);
      // its server may have been killed before it was in the line
      if (isUnderWay(made.state)) await work.submit(made, caller.request);
      return this.#view(made);
    }
    await this.#checkRoom(owner);
    await using keeping = keeper.begin();
    const list = sent && (await keeping.keep(new TextEncoder().encode(JSON.stringify(sent))));
    const row: ModelJobRow = {
      ...{ id, kind, run: run.id, dataset: null, upload: null, owner, ...asked, sent: list?.hash ?? null },
      ...{ state: "queued", isStopAsked: false, createdAt: clock(), startedAt: null, endedAt: null },
      ...{ progress: null, result: null, error: null, worker: null },
    };
    await modelJobs.create(row).catch(async (error: unknown) => {
      // who asks twice at once is given the same job
      if (!(error instanceof CoreError && error.code === "conflict" && (await modelJobs.get(id))))
        throw error;
    });
    await work.submit(row, caller.request);
    return this.#view((await modelJobs.get(id)) ?? row);
  }

  /** @throws CoreError `busy`. */
  async #checkRoom(owner: string): Promise<void> {
    const request = { owner, states: UNDER_WAY, limit: MOST_UNDER_WAY };
    const { items } = await this.#parts.repository.modelJobs.page(request);
    if (items.length < MOST_UNDER_WAY) return;
    throw new CoreError("busy", {
      what: "Too many evaluations, explanations and exports of this account wait already.",
      expected: `at most ${MOST_UNDER_WAY}`,
      fix: "Wait for some of them, or cancel some.",
    });
  }

  async #view(row: ModelJobRow): Promise<ModelJobView> {
    const [view] = await this.#views([row]);
    if (!view) throw new TypeError("there is one view for each row");
    return view;
  }

  async #views(rows: readonly ModelJobRow[]): Promise<readonly ModelJobView[]> {
    const { jobs, repository, clock } = this.#parts;
    const { workers } = repository;
    const isWaiting = rows.some(({ state }) => isUnderWay(state));
    const line = isWaiting ? await waitingLine({ jobs, workers, clock }) : new Map();
    return rows.map((row) => modelJobView(row, line.get(row.id)));
  }
}

/** @throws CoreError `conflict`. */
function checkSame(made: ModelJobRow, asked: Partial<ModelJobRow>): void {
  const said = ({ asked: what, dataset = null, upload = null }: Partial<ModelJobRow>): string =>
    JSON.stringify([what, dataset, upload]);
  if (said(made) === said(asked)) return;
  throw new CoreError("conflict", {
    what: "Something else was asked for under this key.",
    received: said(asked),
    expected: said(made),
    fix: "Use another key.",
  });
}

function scoringOf({
  part,
  precisionTarget,
  splitGap = false,
  page = false,
}: ScoringWished): ModelJobRow["asked"] {
  return {
    ...{ kind: "evaluate", splitGap, page },
    ...(part === undefined ? {} : { part }),
    ...(precisionTarget === undefined ? {} : { precisionTarget }),
  };
}
