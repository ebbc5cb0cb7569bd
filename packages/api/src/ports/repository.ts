/**
 * Where rows are kept: a database on a server, IndexedDB in a page. Each method is one change, whole or not at all, seen by all
 * at once; lists come in pages by key. One contract suite (`test/server/contract/repository.ts`) holds every adapter.
 */
import type { Part, TrainEvent } from "@graft/core";
import type { AuditRow, WorkerRow } from "./keeping-rows.ts";
import type { HeatMapRepository, ModelJobRepository } from "./model-job-repository.ts";
import type { Page, PageRequest } from "./paging.ts";
import type {
  AccountRow,
  ApiRunState,
  ClassRow,
  DatasetRow,
  DecisionRow,
  EditRow,
  GroupRow,
  ImageRow,
  ImageUse,
  NamedBlob,
  RunFileRow,
  RunRow,
  TokenRow,
  UploadFileRow,
  UploadRow,
} from "./rows.ts";
import type { SearchRow } from "./search-rows.ts";
import type { WorkState } from "./work-rows.ts";

export interface AccountRepository {
  /** @throws CoreError `conflict` for a name that is taken in its group. */
  create(account: AccountRow): Promise<void>;
  get(id: string): Promise<AccountRow | undefined>;
  /** By name. */
  page(request: PageRequest & { readonly group?: string | undefined }): Promise<Page<AccountRow>>;
  createGroup(group: GroupRow, accounts: readonly AccountRow[], tokens: readonly TokenRow[]): Promise<void>;
  getGroup(id: string): Promise<GroupRow | undefined>;
  groups(): Promise<readonly GroupRow[]>;
  /** Nobody comes in under it from then on; an earlier end stays. @throws CoreError `not-found`. */
  end(id: string, at: number): Promise<void>;
  /** Its accounts and their tokens end then, too, unless they end before. @throws CoreError `not-found`. */
  endGroup(id: string, at: number): Promise<void>;
  /** With its accounts and their tokens. @throws CoreError `conflict` while one of them has a data set. */
  removeGroup(id: string): Promise<void>;
  /** Removes accounts with their tokens; their data sets are removed before. @throws CoreError `conflict` while there is one. */
  remove(ids: readonly string[]): Promise<void>;
}

export interface TokenRepository {
  create(token: TokenRow): Promise<void>;
  byHash(hash: string): Promise<TokenRow | undefined>;
  get(id: string): Promise<TokenRow | undefined>;
  /** Newest first. */
  page(request: PageRequest & { readonly account?: string | undefined }): Promise<Page<TokenRow>>;
  /** @returns false where there is none, or it was revoked before. */
  revoke(id: string, at: number): Promise<boolean>;
  used(id: string, use: { readonly at: number; readonly from: string | null }): Promise<void>;
}

export interface DatasetCounts {
  /** By class id; "" for pictures of no class. */
  readonly classes: Readonly<Record<string, Readonly<Record<Part | "undealt" | "out" | "broken", number>>>>;
  readonly bytes: number;
}

export interface DatasetRepository {
  create(dataset: DatasetRow, classes: readonly ClassRow[]): Promise<void>;
  get(id: string): Promise<DatasetRow | undefined>;
  /** Changed last first. */
  page(request: PageRequest & { readonly owner?: string | undefined }): Promise<Page<DatasetRow>>;
  update(id: string, change: Partial<Pick<DatasetRow, "name" | "changedAt" | "notes">>): Promise<void>;
  /** With all that is its: pictures, edits, uploads, searches, runs and their files. */
  remove(id: string): Promise<void>;
  /** By position. */
  classes(dataset: string): Promise<readonly ClassRow[]>;
  counts(dataset: string): Promise<DatasetCounts>;
  /** A whole new split: its rule and every picture's side by image id; pictures that are not named lose theirs. */
  resplit(
    dataset: string,
    rule: DatasetRow["split"],
    parts: ReadonlyMap<string, Part>,
    at: number,
  ): Promise<void>;
}

export interface ImageFilter {
  readonly class?: string | null | undefined;
  readonly use?: ImageUse | undefined;
  readonly part?: Part | undefined;
  /** Part of a name, in any case. */
  readonly search?: string | undefined;
  /** @default "path" */
  readonly sort?: "path" | "newest" | undefined;
}

export interface ImageRepository {
  get(id: string): Promise<ImageRow | undefined>;
  getMany(ids: readonly string[]): Promise<readonly ImageRow[]>;
  page(dataset: string, request: PageRequest & ImageFilter): Promise<Page<ImageRow>>;
  /** All of a data set by path, some hundreds at a time. */
  all(dataset: string): AsyncIterable<readonly ImageRow[]>;
  /** Those of these paths that the data set has. */
  byPaths(dataset: string, paths: readonly string[]): Promise<readonly ImageRow[]>;
  /** All of these bytes that the data set has. */
  byHashes(dataset: string, hashes: readonly string[]): Promise<readonly ImageRow[]>;
  /** Those of these bytes that any data set of the account has, one for each hash. */
  ofAccount(account: string, hashes: readonly string[]): Promise<readonly ImageRow[]>;
  /**
   * Takes pictures in, with classes that are new and the sides that were dealt to others of the data set; a picture whose path
   * is there with the same bytes changes nothing. @throws CoreError `conflict` for a path with other bytes.
   */
  add(
    dataset: string,
    added: {
      readonly classes: readonly ClassRow[];
      readonly images: readonly ImageRow[];
      readonly parts: ReadonlyMap<string, Part>;
      readonly split?: DatasetRow["split"];
      readonly notes?: DatasetRow["notes"];
      readonly at: number;
    },
  ): Promise<void>;
  /** Removes rows for good. @returns those that were there. */
  remove(dataset: string, ids: readonly string[], at: number): Promise<readonly ImageRow[]>;
}

export interface EditRepository {
  /**
   * Writes an edit into the log and does its changes; the sides in `parts` go with it (pictures that get their first class).
   * @param edit.number `DatasetRow.lastEdit` + 1.
   * @throws CoreError `conflict` when that number is not the next any more: somebody else's edit came between.
   */
  apply(edit: EditRow, parts: ReadonlyMap<string, Part>): Promise<void>;
  get(dataset: string, number: number): Promise<EditRow | undefined>;
  /** Newest first. */
  page(dataset: string, request: PageRequest): Promise<Page<EditRow>>;
}

export interface UploadRepository {
  create(upload: UploadRow): Promise<void>;
  get(id: string): Promise<UploadRow | undefined>;
  update(
    id: string,
    change: Partial<Pick<UploadRow, "state" | "heardAt" | "progress" | "result" | "error">>,
    from?: readonly UploadRow["state"][],
  ): Promise<boolean>;
  ofDataset(dataset: string): Promise<readonly UploadRow[]>;
  inState(state: UploadRow["state"]): Promise<readonly UploadRow[]>;
  /**
   * Files that are there already stay as they are; one whose bytes another of the upload's files brought is here, too.
   * @returns what all of the upload's files come to.
   */
  addFiles(
    upload: string,
    files: readonly UploadFileRow[],
  ): Promise<{ readonly files: number; readonly bytes: number }>;
  setHere(upload: string, hash: string): Promise<void>;
  /** Those of these paths that the upload has. */
  filesByPaths(upload: string, paths: readonly string[]): Promise<readonly UploadFileRow[]>;
  /** One of those with these bytes. */
  fileOfHash(upload: string, hash: string): Promise<UploadFileRow | undefined>;
  /** By path. */
  files(upload: string, request: PageRequest & { readonly isHere?: boolean }): Promise<Page<UploadFileRow>>;
  /** Files with these bytes that came with uploads of an account, taken in or not; one for each hash. */
  broughtBy(account: string, hashes: readonly string[]): Promise<readonly UploadFileRow[]>;
  /** Its files' names go, what came of them stays. @returns the blobs that they named, each once. */
  removeFiles(upload: string): Promise<readonly string[]>;
  remove(id: string): Promise<void>;
}

export type RunChange = Partial<
  Pick<
    RunRow,
    | ("state" | "stopAsked" | "startedAt" | "endedAt" | "metrics" | "error" | "worker" | "backend")
    | ("hasModel" | "name")
  >
>;

export interface RunRepository {
  /** @returns it with its number in the data set. */
  create(run: Omit<RunRow, "number">): Promise<RunRow>;
  get(id: string): Promise<RunRow | undefined>;
  /** Newest first. */
  page(
    request: PageRequest & {
      readonly dataset?: string | undefined;
      readonly owner?: string | undefined;
      readonly states?: readonly ApiRunState[] | undefined;
    },
  ): Promise<Page<RunRow>>;
  /** @param from only a run in one of these states is changed. @returns whether it was. */
  update(id: string, change: RunChange, from?: readonly ApiRunState[]): Promise<boolean>;
  remove(id: string): Promise<void>;
  /**
   * An event of a number that is stored is passed over: nothing is stored twice. They are stored in order, some hundreds at a
   * time: what was stored before a failure stays, and may be given again.
   */
  appendEvents(run: string, events: readonly TrainEvent[]): Promise<void>;
  /** By number, from `after` + 1 on. */
  events(
    run: string,
    request: { readonly after: number; readonly limit: number },
  ): Promise<readonly TrainEvent[]>;
  /** By path; @param under only those below a folder. */
  files(run: string, under?: string): Promise<readonly RunFileRow[]>;
  file(run: string, path: string): Promise<RunFileRow | undefined>;
  /** Puts files in their places and takes others away, together. @returns blobs that these rows named before and do not now. */
  changeFiles(
    run: string,
    change: { readonly put: readonly RunFileRow[]; readonly remove: readonly string[] },
  ): Promise<readonly string[]>;
  decide(decision: DecisionRow): Promise<void>;
  undoDecision(id: string, isUndone: boolean): Promise<void>;
  /** Newest first, undone ones too. */
  decisions(dataset: string): Promise<readonly DecisionRow[]>;
}

export type SearchChange = Partial<
  Pick<
    SearchRow,
    "state" | "isStopAsked" | "startedAt" | "endedAt" | "progress" | "result" | "error" | "worker"
  >
>;

export interface SearchRepository {
  /** @throws CoreError `conflict` for an id that there is, `not-found` for a data set that is gone. */
  create(search: SearchRow): Promise<void>;
  get(id: string): Promise<SearchRow | undefined>;
  /** Newest first. */
  page(
    request: PageRequest & {
      readonly dataset?: string | undefined;
      readonly owner?: string | undefined;
      readonly states?: readonly WorkState[] | undefined;
    },
  ): Promise<Page<SearchRow>>;
  /** @param from only a search in one of these states is changed. @returns whether it was. */
  update(id: string, change: SearchChange, from?: readonly WorkState[]): Promise<boolean>;
  remove(id: string): Promise<void>;
}

/** Who has a name for a while: a run's lock, a server's work. Over all servers of one store. */
export interface LeaseRepository {
  /** @returns the holder: the asked one, or who has it. A lease that has run out is nobody's. */
  acquire(
    name: string,
    lease: { readonly holder: string; readonly now: number; readonly until: number },
  ): Promise<string>;
  release(name: string, holder: string): Promise<void>;
  holder(name: string, now: number): Promise<string | undefined>;
}

/** Which blobs are named by rows, so that none is taken away that somebody needs; see `blobs/blob-keeper.ts`. */
export interface BlobRepository {
  /**
   * Nobody deletes these blobs until `until`, though no row names them yet. One id may hold many; the same again moves the end.
   * @returns those that are being deleted, which it does not hold.
   */
  hold(
    hashes: readonly string[],
    hold: { readonly id: string; readonly until: number },
  ): Promise<ReadonlySet<string>>;
  /** Lets go of all that the id holds. */
  releaseHold(id: string): Promise<void>;
  /**
   * Marks those blobs as being deleted that no row names, nobody holds and that are not marked. A mark from before
   * `staleBefore` counts as none: whoever set it is gone.
   * @returns those whose mark is the caller's.
   */
  beginDeletion(
    hashes: readonly string[],
    mark: { readonly now: number; readonly staleBefore: number },
  ): Promise<ReadonlySet<string>>;
  /** Takes the marks away. */
  endDeletion(hashes: readonly string[]): Promise<void>;
  /** Those that are marked, and since when; oldest first. */
  deletions(): Promise<readonly { readonly hash: string; readonly begunAt: number }[]>;
  /** Those of the hashes that a row names. */
  named(hashes: readonly string[]): Promise<ReadonlySet<string>>;
  /** Every blob that rows name, each once, in order of hash, some hundreds at a time. */
  all(): AsyncIterable<readonly NamedBlob[]>;
}

export interface WorkerRepository {
  put(worker: WorkerRow): Promise<void>;
  /** @returns false for one that is not there. */
  heard(id: string, change: { readonly at: number; readonly job: string | null }): Promise<boolean>;
  list(): Promise<readonly WorkerRow[]>;
  remove(id: string): Promise<void>;
}

export interface AuditRepository {
  add(row: AuditRow): Promise<void>;
  /** Newest first. */
  page(request: PageRequest & { readonly by?: string | undefined }): Promise<Page<AuditRow>>;
}

export interface Repository {
  readonly accounts: AccountRepository;
  readonly tokens: TokenRepository;
  readonly datasets: DatasetRepository;
  readonly images: ImageRepository;
  readonly edits: EditRepository;
  readonly uploads: UploadRepository;
  readonly runs: RunRepository;
  readonly searches: SearchRepository;
  readonly modelJobs: ModelJobRepository;
  readonly heatMaps: HeatMapRepository;
  readonly leases: LeaseRepository;
  readonly blobs: BlobRepository;
  readonly workers: WorkerRepository;
  readonly audit: AuditRepository;
}
