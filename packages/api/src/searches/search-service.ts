import { CoreError } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { DatasetService } from "../datasets/dataset-service.ts";
import type { Access } from "../identity/access.ts";
import { accountOf, type Caller } from "../identity/identity.ts";
import { type Clock, idOf, newId } from "../ports/clock.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { SearchRepository, WorkerRepository } from "../ports/repository.ts";
import type { SplitRule } from "../ports/rows.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import type { RowChanges, WorkNews } from "../queue/row-changes.ts";
import type { RowWork } from "../queue/row-work.ts";
import { type InLine, waitingLine } from "../queue/waiting-line.ts";
import { frozenCounts } from "../runs/frozen.ts";
import type { FrozenStore } from "../runs/frozen-store.ts";
import type { RunService } from "../runs/run-service.ts";
import { isUnderWay } from "../runs/run-state.ts";
import type { WholeRunView } from "../runs/run-view.ts";
import {
  featuresAsked,
  foundConfig,
  rateAsked,
  type Searched,
  type SweepAsked,
  sweepAsked,
} from "./search-config.ts";
import { type SearchView, searchView, type WholeSearchView, wholeSearchView } from "./search-view.ts";

export interface SearchParts {
  readonly searches: SearchRepository;
  readonly workers: Pick<WorkerRepository, "list">;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly access: Access;
  readonly changes: RowChanges<SearchRow>;
  readonly work: RowWork<SearchRow>;
  readonly frozen: FrozenStore;
  readonly datasets: Pick<DatasetService, "freeze">;
  readonly runs: Pick<RunService, "create">;
  readonly keeper: Pick<BlobKeeper, "drop">;
}

/** What a new search is of. */
export interface NewSearch {
  readonly dataset: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The same key makes the same search of a data set, however often it is asked for. */
  readonly key?: string | undefined;
}

/** Searches for good settings, and features: made, listed, followed, stopped, removed, trained from. */
export class SearchService {
  readonly #parts: SearchParts;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /**
   * Freezes a data set and puts a sweep over heads of it into the line.
   * @throws CoreError `not-found`; `bad-input` for options that are wrong, and for a data set that cannot be trained on; `limit`.
   */
  sweep(caller: Caller, asked: NewSearch & { readonly axes: SweepAsked }): Promise<WholeSearchView> {
    return this.#create(caller, asked, "sweep", (split) => sweepAsked(asked.config, asked.axes, split));
  }

  /** The same for a test of learning rates. @throws CoreError as {@link sweep}. */
  findRate(caller: Caller, asked: NewSearch): Promise<WholeSearchView> {
    return this.#create(caller, asked, "find-rate", (split) => rateAsked(asked.config, split));
  }

  /**
   * The same for features of every picture, whatever side it is on.
   * @throws CoreError as {@link sweep}; one class is enough, and a class may be empty.
   */
  features(
    caller: Caller,
    { pool, ...asked }: NewSearch & { readonly pool: "avg" | "none" },
  ): Promise<WholeSearchView> {
    return this.#create(caller, asked, "features", (split) => featuresAsked(asked.config, pool, split));
  }

  /** Newest first: of a data set, or all that the caller sees. @throws CoreError `not-found`. */
  async list(
    caller: Caller,
    {
      dataset,
      owner,
      ...request
    }: PageRequest & { readonly dataset?: string | undefined; readonly owner?: string | undefined },
  ): Promise<Page<SearchView>> {
    const { access, searches } = this.#parts;
    if (dataset !== undefined) await access.dataset(caller, dataset);
    const whose = accountOf(caller.identity, owner);
    const { items, next } = await searches.page({ ...request, dataset, owner: whose });
    const line = await this.#line(items);
    const views = items.map((row) => searchView(row, line.get(row.id)));
    return { items: views, ...(next === undefined ? {} : { next }) };
  }

  /** @throws CoreError `not-found`. */
  async get(caller: Caller, search: string): Promise<WholeSearchView> {
    return this.#whole(await this.#parts.access.search(caller, search));
  }

  /** @throws CoreError `not-found`, before the first event is asked for. */
  async follow(
    caller: Caller,
    search: string,
    options: { readonly lastEventId?: string | null | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<AsyncGenerator<WorkNews<SearchRow>>> {
    const { access, changes } = this.#parts;
    await access.search(caller, search);
    const { lastEventId, signal } = options;
    return changes.follow(search, { lastId: lastEventId ?? undefined, signal });
  }

  /** Ends a search. One that is over stays as it is. @throws CoreError `not-found`. */
  async cancel(caller: Caller, id: string): Promise<WholeSearchView> {
    const { access, work } = this.#parts;
    await access.search(caller, id);
    await work.cancel(id);
    return this.#whole(await access.search(caller, id));
  }

  /** Removes a search with what it found. @throws CoreError `not-found`, `conflict` while it is under way. */
  async remove(caller: Caller, id: string): Promise<void> {
    const { access, searches, keeper, changes } = this.#parts;
    const { state, frozen } = await access.search(caller, id);
    if (isUnderWay(state))
      throw new CoreError("conflict", {
        what: "This search is not over.",
        received: state,
        fix: "Cancel it first, and delete it when it has stopped.",
      });
    await searches.remove(id);
    await keeper.drop([frozen]);
    changes.changed(id);
  }

  /**
   * Trains with what a search found, on the data set as it is now.
   * @param asked.row place of a line of a sweep, from 0. @default the recommended one
   * @throws CoreError as `foundConfig` and `RunService.create`.
   */
  async train(
    caller: Caller,
    asked: {
      readonly search: string;
      readonly row?: number | undefined;
      readonly name?: string | undefined;
      readonly key?: string | undefined;
    },
  ): Promise<WholeRunView> {
    const { access, runs } = this.#parts;
    const row = await access.search(caller, asked.search);
    const config = foundConfig(row, asked.row);
    return runs.create(caller, { dataset: row.dataset, config, name: asked.name, key: asked.key });
  }

  async #create(
    caller: Caller,
    { dataset: asked, key }: NewSearch,
    kind: SearchRow["kind"],
    parse: (split: SplitRule) => Searched,
  ): Promise<WholeSearchView> {
    const { access, datasets, frozen: store, searches, work, clock } = this.#parts;
    const dataset = await access.dataset(caller, asked);
    const searched = parse(dataset.split);
    const id = key === undefined ? newId() : await idOf(`search ${kind} ${dataset.id} ${key}`);
    const made = await searches.get(id);
    if (made) return this.#whole(made);
    const {
      lastEdit: _,
      splitVersion: __,
      ...frozen
    } = await datasets.freeze(dataset.id, {
      isForTraining: kind !== "features",
    });
    await using blob = await store.write(frozen);
    const row: SearchRow = {
      ...{ id, kind, dataset: dataset.id, owner: dataset.owner, ...searched, state: "queued" },
      ...{ isStopAsked: false, frozen: blob.hash, images: frozenCounts(frozen), createdAt: clock() },
      ...{ startedAt: null, endedAt: null, progress: null, result: null, error: null, worker: null },
    };
    await searches.create(row).catch(async (error: unknown) => {
      // who asks twice at once is given the same search
      if (!(error instanceof CoreError && error.code === "conflict" && (await searches.get(id)))) throw error;
    });
    await work.submit(row, caller.request);
    return this.#whole((await searches.get(id)) ?? row);
  }

  async #whole(row: SearchRow): Promise<WholeSearchView> {
    return wholeSearchView(row, (await this.#line([row])).get(row.id));
  }

  /** By search: those that wait. */
  async #line(rows: readonly SearchRow[]): Promise<ReadonlyMap<string, InLine>> {
    // one that runs waits, too, when its worker died
    return rows.some(({ state }) => isUnderWay(state)) ? waitingLine(this.#parts) : new Map();
  }
}
