import { CoreError, type Folder, type StopReason, type TrainConfig } from "@graft/core";
import type { DatasetService } from "../datasets/dataset-service.ts";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import { accountOf, type Caller } from "../identity/identity.ts";
import type { ModelJobRemoval } from "../model-jobs/model-job-removal.ts";
import { type Clock, idOf, newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import { type InLine, waitingLine } from "../queue/waiting-line.ts";
import { decidedOf, runInUse } from "./decisions.ts";
import type { RunDigests } from "./digests.ts";
import { frozenCounts } from "./frozen.ts";
import type { FrozenStore } from "./frozen-store.ts";
import { learnedBefore, learnedBeforeNote } from "./learned-before.ts";
import { submitTraining } from "./reconcile.ts";
import type { RunEnding } from "./run-ending.ts";
import type { RunEvents } from "./run-events.ts";
import type { RunLocks } from "./run-lock.ts";
import { isUnderWay, RESUMABLE, UNDER_WAY } from "./run-state.ts";
import { type RunView, runView, type WholeRunView } from "./run-view.ts";
import { trainableConfig } from "./trainable-config.ts";

export interface RunServiceOptions {
  readonly repository: Repository;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly access: Access;
  readonly audit: AuditService;
  readonly modelJobs: Pick<ModelJobRemoval, "removeOf">;
  readonly events: RunEvents;
  readonly digests: RunDigests;
  readonly ending: RunEnding;
  readonly locks: RunLocks;
  readonly frozen: FrozenStore;
  readonly datasets: Pick<DatasetService, "freeze">;
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
}

/** What a new run is to be. */
export interface NewRunInput {
  readonly config: Readonly<Record<string, unknown>>;
  readonly name?: string | undefined;
  /** The same key makes the same run of a data set, however often it is asked for. */
  readonly key?: string | undefined;
}

/** Runs: made, listed, stopped, gone on with, removed. */
export class RunService {
  readonly #options: RunServiceOptions;

  constructor(options: RunServiceOptions) {
    this.#options = options;
  }

  /**
   * Freezes a data set and puts a training of it into the line.
   * @throws CoreError `not-found`; `bad-input` for options that are wrong, and for a data set that cannot be trained on.
   */
  create(caller: Caller, input: NewRunInput & { readonly dataset: string }): Promise<WholeRunView> {
    return this.#create(caller, { ...input, rerunOf: null });
  }

  /**
   * Trains once more: on the pictures of a run, or on the data set as it is now.
   * @param input.config options that are to be others.
   * @throws CoreError as {@link create}.
   */
  async rerun(
    caller: Caller,
    input: NewRunInput & { readonly run: string; readonly pictures: "same" | "now" },
  ): Promise<WholeRunView> {
    const { access } = this.#options;
    const before = await access.run(caller, input.run);
    const dataset = await access.dataset(caller, before.dataset);
    const isNow = input.pictures === "now";
    const { valSplit, groupPrefix } = before.config;
    // the pictures of then have the split of then
    const split = isNow ? dataset.split : { ...dataset.split, fraction: valSplit, groupPrefix };
    const { valSplit: _, groupPrefix: __, ...kept } = before.config;
    const config = trainableConfig({ ...kept, ...input.config }, split);
    if (isNow) return this.#create(caller, { ...input, config, dataset: dataset.id, rerunOf: before.id });
    const made = await this.#madeBefore(dataset.id, input.key);
    if (made) return this.#whole(made);
    const { frozen, images, frozenEdit, id: rerunOf } = before;
    return this.#submit(caller, { input, dataset, config, frozen, images, frozenEdit, rerunOf });
  }

  /** Newest first: of a data set, or all that the caller sees. */
  async list(
    caller: Caller,
    {
      dataset,
      owner,
      states,
      ...request
    }: PageRequest & {
      readonly dataset?: string | undefined;
      /** Account: an admin sees everybody's. */
      readonly owner?: string | undefined;
      readonly states?: readonly RunRow["state"][] | undefined;
    },
  ): Promise<Page<RunView>> {
    const { access, repository } = this.#options;
    if (dataset !== undefined) await access.dataset(caller, dataset);
    const whose = accountOf(caller.identity, owner);
    const { items, next } = await repository.runs.page({ ...request, dataset, owner: whose, states });
    return { items: await this.#views(items), ...(next === undefined ? {} : { next }) };
  }

  /** @throws CoreError `not-found`. */
  async get(caller: Caller, run: string): Promise<WholeRunView> {
    return this.#whole(await this.#options.access.run(caller, run));
  }

  /**
   * Stops a run where it can be gone on from ("interrupt"), or for good ("cancel"). It has stopped when its last event is told.
   * @throws CoreError `not-found`, `conflict` for one that has ended.
   */
  async stop(caller: Caller, id: string, reason: StopReason): Promise<WholeRunView> {
    const { access, repository, jobs, ending, locks, events } = this.#options;
    const row = await access.run(caller, id);
    if (!isUnderWay(row.state) && !(reason === "cancel" && isResumable(row))) {
      // who asks twice has what he wants
      if (row.state === (reason === "cancel" ? "cancelled" : "interrupted")) return this.#whole(row);
      throw isOver(row);
    }
    if (!isUnderWay(row.state)) {
      if (await repository.runs.update(id, { state: "cancelled", error: null }, RESUMABLE))
        await ending.givenUp(id);
      events.changed(id);
      return this.#whole(await access.run(caller, id));
    }
    await repository.runs.update(id, { stopAsked: reason }, UNDER_WAY);
    const ofRun = async () => (await jobs.list()).filter(({ subject }) => subject === id);
    for (const job of await ofRun()) await jobs.stop(job.id, reason);
    // one that waited is over at once; who computes features for it ends nothing
    const isLeft = !(await ofRun()).some(({ kind }) => kind === "train") && !(await locks.isHeld(id));
    const now = await access.run(caller, id);
    if (isLeft && isUnderWay(now.state)) await ending.stopped(now, reason);
    events.changed(id);
    return this.#whole(await access.run(caller, id));
  }

  /**
   * Goes on with a run that was stopped or has failed. One that is under way stays so.
   * @throws CoreError `not-found`, `conflict` for one that is done or was given up.
   */
  async resume({ request, ...caller }: Caller, id: string): Promise<WholeRunView> {
    const { access, repository, jobs, events } = this.#options;
    const row = await access.run({ ...caller, request }, id);
    const { state } = row;
    if (!isUnderWay(state) && !isResumable(row)) throw notResumable(row);
    const change = { state: "queued", stopAsked: null, endedAt: null, error: null } as const;
    // of two who ask one puts it into the line
    if (await repository.runs.update(id, change, RESUMABLE)) {
      await submitTraining(jobs, row, { isFirst: false, request });
      events.changed(id);
    }
    return this.#whole(await access.run({ ...caller, request }, id));
  }

  /**
   * Removes a run with all that is its: events, result, model.
   * @throws CoreError `not-found`, `conflict` while it is under way.
   */
  async remove(caller: Caller, id: string): Promise<void> {
    const { access, repository, folderOf, audit, events, modelJobs } = this.#options;
    const row = await access.run(caller, id);
    if (isUnderWay(row.state))
      throw new CoreError("conflict", {
        what: "This run is not over.",
        received: `Run ${row.number}, ${row.state}`,
        fix: "Cancel it first, and delete it when it has stopped.",
      });
    await modelJobs.removeOf({ run: id });
    // its blobs are let go with its files
    await folderOf(id).clear();
    await repository.runs.remove(id);
    access.forgetRuns();
    await audit.note(caller, "run-deleted", { run: id, dataset: row.dataset, number: row.number });
    await events.left(id);
  }

  async #create(
    caller: Caller,
    input: NewRunInput & { readonly dataset: string } & Pick<RunRow, "rerunOf">,
  ): Promise<WholeRunView> {
    const { access, datasets, frozen: store } = this.#options;
    const dataset = await access.dataset(caller, input.dataset);
    const config = trainableConfig(input.config, dataset.split);
    const made = await this.#madeBefore(dataset.id, input.key);
    if (made) return this.#whole(made);
    const { lastEdit, ...frozen } = await datasets.freeze(dataset.id);
    await using blob = await store.write(frozen);
    return await this.#submit(caller, {
      ...{ input, dataset, config, frozen: blob.hash, images: frozenCounts(frozen) },
      ...{ frozenEdit: lastEdit, rerunOf: input.rerunOf },
    });
  }

  async #madeBefore(dataset: string, key: string | undefined): Promise<RunRow | undefined> {
    if (key === undefined) return undefined;
    return this.#options.repository.runs.get(await idOf(`run ${dataset} ${key}`));
  }

  async #submit(
    caller: Caller,
    {
      input,
      dataset,
      ...run
    }: Pick<RunRow, "frozen" | "images" | "frozenEdit" | "rerunOf"> & {
      readonly input: NewRunInput;
      readonly config: TrainConfig;
      readonly dataset: { readonly id: string; readonly owner: string };
    },
  ): Promise<WholeRunView> {
    const { repository, jobs, events, frozen, clock } = this.#options;
    const { runs } = repository;
    const id = input.key === undefined ? newId() : await idOf(`run ${dataset.id} ${input.key}`);
    const earlier = await inPages((request) => runs.page({ ...request, dataset: dataset.id }));
    const note = learnedBeforeNote(id, await learnedBefore(run.frozen, earlier, frozen), clock);
    const made = await this.#make({
      ...{ ...run, id, dataset: dataset.id, owner: dataset.owner, name: input.name ?? null, state: "queued" },
      ...{ stopAsked: null, createdAt: clock(), startedAt: null, endedAt: null, metrics: null, error: null },
      ...{ lastSeq: -1, worker: null, backend: null, hasModel: false },
    });
    if (note) await events.append(id, [note]);
    await submitTraining(jobs, made, { isFirst: true, request: caller.request });
    return this.#whole((await runs.get(id)) ?? made);
  }

  /** Who asks twice at once is given the same run. */
  async #make(row: Omit<RunRow, "number">): Promise<RunRow> {
    const { runs } = this.#options.repository;
    try {
      return await runs.create(row);
    } catch (error) {
      const made =
        error instanceof CoreError && error.code === "conflict" ? await runs.get(row.id) : undefined;
      if (made) return made;
      throw error;
    }
  }

  async #whole(row: RunRow): Promise<WholeRunView> {
    const { digests, frozen } = this.#options;
    const [view] = await this.#views([row], { isWhole: true });
    if (!view) throw new TypeError("a row has its view");
    const { notes } = await digests.of(row.id);
    const { dataset, split } = await frozen.read(row.frozen);
    const labelOf = new Map(dataset.images.map(({ hash, label }) => [hash, label]));
    const classes = dataset.labels.map((label) => ({ label, train: 0, validation: 0, test: 0 }));
    for (const part of ["train", "validation", "test"] as const)
      for (const hash of split[part]) {
        const counted = classes[labelOf.get(hash) ?? -1];
        if (counted) counted[part]++;
      }
    return { ...view, classes, notes: notes.map((note) => ({ ...note })) };
  }

  async #views(
    rows: readonly RunRow[],
    { isWhole = false }: { readonly isWhole?: boolean } = {},
  ): Promise<RunView[]> {
    const { repository, jobs, clock, digests } = this.#options;
    const { runs, workers } = repository;
    // one that runs waits, too, when its worker died
    const mayWait = rows.some(({ state }) => isUnderWay(state));
    const line = mayWait ? await waitingLine({ jobs, workers, clock }) : new Map<string, InLine>();
    const projects = [...new Set(rows.map(({ dataset }) => dataset))];
    const known = new Map(
      await Promise.all(
        projects.map(async (dataset) => {
          const decisions = await runs.decisions(dataset);
          const done = await runs.page({ dataset, states: ["completed"], limit: 1 });
          return [dataset, { decisions, inUse: runInUse(decisions, done.items[0]?.id) }] as const;
        }),
      ),
    );
    return Promise.all(
      rows.map(async (row) => {
        const { decisions = [], inUse } = known.get(row.dataset) ?? {};
        return runView(row, {
          ...decidedOf(row.id, decisions),
          inLine: line.get(row.id),
          isInUse: inUse === row.id,
          digest: isWhole || isUnderWay(row.state) ? await digests.of(row.id) : undefined,
        });
      }),
    );
  }
}

const isResumable = ({ state }: RunRow): boolean => RESUMABLE.some((one) => one === state);

const WORDS: Readonly<Record<RunRow["state"], string>> = {
  ...{ queued: "waits", running: "trains", completed: "is done", failed: "has failed" },
  ...{ cancelled: "was cancelled", interrupted: "has stopped" },
};

const isOver = ({ number, state }: RunRow): CoreError =>
  new CoreError("conflict", {
    what: "This run has ended already.",
    received: `Run ${number} ${WORDS[state]}`,
  });

const notResumable = ({ number, state }: RunRow): CoreError =>
  new CoreError("conflict", {
    what: "There is nothing to go on with.",
    received: `Run ${number} ${WORDS[state]}`,
    expected: "a run that has stopped or failed",
    fix: "Train again instead.",
  });
