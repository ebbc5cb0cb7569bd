import { CoreError, type DatasetReport, describeDataset, prefixNotes, trainConfigSchema } from "@graft/core";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import { accountOf, type Caller } from "../identity/identity.ts";
import type { ModelJobRemoval } from "../model-jobs/model-job-removal.ts";
import { type Clock, newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { DatasetCounts, Repository } from "../ports/repository.ts";
import type { ClassRow, DatasetNote, DatasetRow, SplitRule, UploadRow } from "../ports/rows.ts";
import type { UploadSpool } from "../ports/upload-spool.ts";
import { UNDER_WAY } from "../runs/run-state.ts";
import type { KeptBlobs } from "../uploads/kept-blobs.ts";
import { newUpload, type UploadService } from "../uploads/upload-service.ts";
import { addClasses } from "./class-order.ts";
import { copyDataset } from "./copy-dataset.ts";
import { allImages, type Dealer } from "./dealer.ts";
import { type FrozenDataset, freezeDataset, viewDataset } from "./freeze.ts";
import { drawSides, type NewSides } from "./split-sides.ts";

export interface DatasetParts {
  readonly repository: Repository;
  readonly kept: KeptBlobs;
  readonly modelJobs: Pick<ModelJobRemoval, "removeOf">;
  readonly spool: UploadSpool;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly access: Access;
  readonly audit: AuditService;
  readonly dealer: Dealer;
  readonly uploads: UploadService;
}

/** A data set with what is of it. */
export interface DatasetView {
  readonly dataset: DatasetRow;
  /** By position. */
  readonly classes: readonly ClassRow[];
  readonly counts: DatasetCounts;
  readonly uploads: readonly UploadRow[];
}

/** Edits that come between while a data set is read. */
const ATTEMPTS = 5;

/** The rule by which `graft train` draws, where nothing else is asked for. */
function firstRule(): SplitRule {
  const { seed, valSplit: fraction, groupPrefix } = trainConfigSchema.parse({});
  return { seed, fraction, groupPrefix, kind: "drawn", version: 1 };
}

export class DatasetService {
  readonly #parts: DatasetParts;

  constructor(parts: DatasetParts) {
    this.#parts = parts;
  }

  /**
   * @param asked.known a set that graft knows by name, whose pictures are brought at once.
   * @returns the data set, and the upload by which a known set comes.
   * @throws CoreError `conflict` for a class that is named twice.
   */
  async create(
    caller: Caller,
    asked: {
      readonly name: string;
      readonly classes: readonly string[];
      readonly known: string | null;
    },
  ): Promise<{ readonly dataset: DatasetRow; readonly upload: UploadRow | null }> {
    const { repository, clock, uploads } = this.#parts;
    const now = clock();
    const { id: owner } = caller.identity.account;
    const { name, known } = asked;
    const dataset: DatasetRow = {
      ...{ id: newId(), owner, name, createdAt: now, changedAt: now, lastEdit: 0, split: firstRule() },
      notes: [],
    };
    const named = asked.classes.map((each) => ({ id: newId(), dataset: dataset.id, name: each }));
    await repository.datasets.create(dataset, addClasses([], named));
    if (known === null) return { dataset, upload: null };
    const files = { dataset: dataset.id, account: owner, class: null, labelsFrom: null };
    const upload: UploadRow = { ...newUpload({ ...files, known }, now), state: "queued" };
    await repository.uploads.create(upload);
    await uploads.submit(upload, caller.request);
    return { dataset, upload };
  }

  /** Changed last first, each with its classes and counts: of an account, or all that the caller sees. @throws CoreError `not-found`. */
  async page(
    caller: Caller,
    { owner, ...request }: PageRequest & { readonly owner?: string | undefined },
  ): Promise<Page<Omit<DatasetView, "uploads">>> {
    const { datasets } = this.#parts.repository;
    const whose = accountOf(caller.identity, owner);
    const { items, ...page } = await datasets.page({ ...request, owner: whose });
    const views: Omit<DatasetView, "uploads">[] = [];
    for (const dataset of items)
      views.push({
        dataset,
        classes: await datasets.classes(dataset.id),
        counts: await datasets.counts(dataset.id),
      });
    return { ...page, items: views };
  }

  /** @throws CoreError `not-found`. */
  async get(caller: Caller, id: string): Promise<DatasetView> {
    const { repository, access } = this.#parts;
    return {
      dataset: await access.dataset(caller, id),
      classes: await repository.datasets.classes(id),
      counts: await repository.datasets.counts(id),
      uploads: await repository.uploads.ofDataset(id),
    };
  }

  /** What should be known of its pictures before a training. @throws CoreError `not-found`, `busy`. */
  async inspect(
    caller: Caller,
    id: string,
  ): Promise<{ readonly report: DatasetReport; readonly notes: readonly DatasetNote[] }> {
    const dataset = await this.#parts.access.dataset(caller, id);
    const view = await this.#read(dataset, viewDataset);
    const report = describeDataset(view.dataset, view.dataset.images.length === 0 ? null : view.split);
    const { kind, groupPrefix } = dataset.split;
    const ofSplit =
      kind === "drawn" && groupPrefix ? prefixNotes(view.dataset.images.map(({ path }) => path)) : [];
    return { report, notes: [...dataset.notes, ...ofSplit, ...report.warnings] };
  }

  /** @throws CoreError `not-found`. */
  async rename(caller: Caller, id: string, name: string): Promise<DatasetRow> {
    const { repository, access, clock } = this.#parts;
    const dataset = await access.dataset(caller, id);
    const change = { name, changedAt: clock() };
    await repository.datasets.update(id, change);
    return { ...dataset, ...change };
  }

  /** The same pictures, classes and sides once more, of the caller's; edits and runs stay with the first. @throws CoreError `not-found`. */
  async copy(caller: Caller, id: string, name: string): Promise<DatasetRow> {
    const { access, clock } = this.#parts;
    const dataset = await access.dataset(caller, id);
    return copyDataset(this.#parts, dataset, { name, owner: caller.identity.account.id, now: clock() });
  }

  /**
   * Removes a data set with its pictures, uploads, searches and runs, and at once all bytes that nobody else needs.
   * @param options.stopRuns cancels runs that wait or train. @default false
   * @throws CoreError `not-found`, `conflict` while a run of it waits or trains.
   */
  async delete(caller: Caller, id: string, { stopRuns = false } = {}): Promise<void> {
    const { repository, access, audit, kept, spool, modelJobs } = this.#parts;
    const { name, owner } = await access.dataset(caller, id);
    await this.#checkRuns(id, stopRuns);
    await this.#stopSearches(id);
    await modelJobs.removeOf({ dataset: id });
    const uploads = await repository.uploads.ofDataset(id);
    for (const upload of uploads) await modelJobs.removeOf({ upload: upload.id });
    const hashes = await this.#blobsOf(id, uploads);
    await repository.datasets.remove(id);
    access.forgetRuns();
    for (const upload of uploads) await spool.removeAll(upload.id);
    await kept.drop(hashes, { arePictures: true });
    await audit.note(caller, "dataset-deleted", { dataset: id, name, owner });
  }

  /**
   * A whole new split, by another seed, share or grouping. What is not asked for stays.
   * @returns the rule, what should be known of it, and which pictures are on another side than before.
   * @throws CoreError `not-found`, `busy`, `bad-input` for a grouping that makes one group of all.
   */
  async resplit(
    caller: Caller,
    id: string,
    asked: Partial<Pick<SplitRule, "seed" | "fraction" | "groupPrefix">>,
  ): Promise<Pick<NewSides, "moved" | "notes"> & { readonly rule: SplitRule }> {
    const { repository, access, dealer, clock } = this.#parts;
    const dataset = await access.dataset(caller, id);
    await using _ = await dealer.patientTurn(id);
    const { split } = (await repository.datasets.get(id)) ?? dataset;
    const rule: SplitRule = { ...split, ...asked, kind: "drawn", version: split.version + 1 };
    const classes = await repository.datasets.classes(id);
    const { parts, moved, notes } = drawSides(await allImages(repository, id), classes, rule);
    await repository.datasets.resplit(id, rule, parts, clock());
    return { rule, moved, notes };
  }

  /**
   * A data set as a run takes it: no later edit changes it.
   * @param options.isForTraining False: any picture will do. @default true
   * @throws CoreError `not-found`; `bad-input` for what cannot be trained on, or without a picture; `busy` while it changes all
   * the time.
   */
  async freeze(
    id: string,
    { isForTraining = true }: { readonly isForTraining?: boolean } = {},
  ): Promise<FrozenDataset> {
    const dataset = await this.#parts.repository.datasets.get(id);
    if (dataset === undefined)
      throw new CoreError("not-found", { what: "There is no such data set.", received: id });
    if (isForTraining) return this.#read(dataset, freezeDataset);
    const frozen = await this.#read(dataset, viewDataset);
    if (frozen.dataset.images.length > 0) return frozen;
    throw new CoreError("bad-input", {
      what: `${dataset.name} has no picture in any class.`,
      fix: "Add pictures, or switch a class on.",
    });
  }

  /** Reads all of a data set, dealt, as it is between two edits. */
  async #read(first: DatasetRow, view: typeof freezeDataset): Promise<FrozenDataset> {
    const { repository, dealer } = this.#parts;
    let before = first;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await dealer.dealAll(before);
      const classes = await repository.datasets.classes(first.id);
      const images = await allImages(repository, first.id);
      const after = (await repository.datasets.get(first.id)) ?? before;
      if (after.lastEdit === before.lastEdit && after.split.version === before.split.version)
        return view(after, classes, images);
      before = after;
    }
    throw new CoreError("busy", {
      what: "The data set is changed all the time.",
      fix: "Try again in a moment.",
    });
  }

  /** @throws CoreError `conflict` for runs under way that are not to be stopped. */
  async #checkRuns(dataset: string, mayStop: boolean): Promise<void> {
    const { repository, jobs } = this.#parts;
    const { items: busy } = await repository.runs.page({
      dataset,
      states: ["queued", "running"],
      limit: 500,
    });
    const [run] = busy;
    if (run === undefined) return;
    if (!mayStop)
      throw new CoreError("conflict", {
        what: `Run ${run.number} of this data set is ${run.state === "queued" ? "waiting" : "training"}.`,
        fix: "Cancel it first.",
      });
    const ids = new Set(busy.map(({ id }) => id));
    for (const job of await jobs.list()) if (ids.has(job.subject)) await jobs.stop(job.id, "cancel");
  }

  /** Nobody loses much of a search that ends: unlike a run it has nothing of its own but its table. */
  async #stopSearches(dataset: string): Promise<void> {
    const { repository, jobs } = this.#parts;
    const rows = await inPages((request) =>
      repository.searches.page({ ...request, dataset, states: UNDER_WAY }),
    );
    if (rows.length === 0) return;
    const ids = new Set(rows.map(({ id }) => id));
    for (const job of await jobs.list()) if (ids.has(job.subject)) await jobs.stop(job.id, "cancel");
  }

  /** All bytes that its rows name. */
  async #blobsOf(id: string, uploads: readonly UploadRow[]): Promise<ReadonlySet<string>> {
    const { repository } = this.#parts;
    const hashes = new Set<string>();
    for await (const page of repository.images.all(id))
      for (const { hash, thumbnail } of page)
        for (const each of [hash, thumbnail]) if (each) hashes.add(each);
    let after: string | undefined;
    for (const upload of uploads)
      do {
        const page = await repository.uploads.files(upload.id, { after, limit: 500, isHere: true });
        for (const { hash } of page.items) hashes.add(hash);
        after = page.next;
      } while (after !== undefined);
    do {
      const page = await repository.runs.page({ dataset: id, after, limit: 100 });
      for (const run of page.items) {
        hashes.add(run.frozen);
        for (const file of await repository.runs.files(run.id)) hashes.add(file.hash);
      }
      after = page.next;
    } while (after !== undefined);
    for (const { frozen } of await inPages((request) =>
      repository.searches.page({ ...request, dataset: id }),
    ))
      hashes.add(frozen);
    return hashes;
  }
}
