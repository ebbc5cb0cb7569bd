/**
 * What a server (or a page) keeps, as its rows: times in milliseconds since 1970, ids from `newId`, blobs by sha256 (hex).
 * Nothing here knows a database.
 */
import type {
  ImageFacts,
  Metrics,
  Part,
  RunStatus,
  SerializedError,
  StopReason,
  TrainConfig,
} from "@graft/core";

/** What a token may do; `identity/permissions.ts` says which procedure is for whom. */
export const ROLES = ["admin", "member", "pupil", "contributor", "predict", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** Somebody who owns data: a person, a pupil of a group, or the first admin. */
export interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly role: "admin" | "member" | "pupil";
  /** The group of a pupil. */
  readonly group: string | null;
  readonly createdAt: number;
  /** From then on nobody comes in under it. */
  readonly endsAt: number | null;
}

/** Pupils together, until a date. */
export interface GroupRow {
  readonly id: string;
  readonly name: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly endsAt: number;
}

/** What a token is narrowed to. */
export interface TokenScope {
  /** contributor: the one data set and class that pictures may be added to. */
  readonly dataset?: string;
  readonly class?: string;
  /** predict: the runs whose models may be asked. */
  readonly runs?: readonly string[];
  /** predict: at most so many pictures a minute. */
  readonly perMinute?: number;
  /** Shown to who comes with it as a link to try; nothing of what is asked is kept. */
  readonly isTryLink?: boolean;
}

export interface TokenRow {
  readonly id: string;
  /** Whose data it is for; a worker's and a program's is its maker's. */
  readonly account: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: TokenScope;
  /** sha256 of the token, hex; the token itself is kept nowhere. */
  readonly hash: string;
  readonly createdAt: number;
  readonly endsAt: number | null;
  readonly lastUsedAt: number | null;
  /** Address of the last use. */
  readonly lastFrom: string | null;
  readonly revokedAt: number | null;
}

/** How the pictures of a data set are held back. */
export interface SplitRule {
  readonly seed: number;
  /** Share held back, in (0, 1). */
  readonly fraction: number;
  /** Pictures of one name prefix belong together. */
  readonly groupPrefix: boolean;
  /** "given": the folders that were brought said it. */
  readonly kind: "drawn" | "given";
  /** Rises with each new split. */
  readonly version: number;
}

export interface DatasetRow {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly createdAt: number;
  readonly changedAt: number;
  /** Number of the last edit; 0: none yet. */
  readonly lastEdit: number;
  readonly split: SplitRule;
  /** What was said when it was brought: core's data set notes. */
  readonly notes: readonly DatasetNote[];
}

/** Something that is said of a data set's pictures. */
export interface DatasetNote {
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
}

export interface ClassRow {
  readonly id: string;
  readonly dataset: string;
  readonly name: string;
  /** From 0, without gaps. */
  readonly position: number;
  /** Switched off: its pictures are neither learned from nor checked. */
  readonly isOff: boolean;
}

/** in: used; out: left out by a person; broken: cannot be read, `reason` says why. */
export type ImageUse = "in" | "out" | "broken";

export interface ImageRow {
  readonly id: string;
  readonly dataset: string;
  /** Name inside the data set, "/" between folders; no two of a data set are equal. */
  readonly path: string;
  /** sha256 of its bytes. */
  readonly hash: string;
  readonly bytes: number;
  /** Null: not sorted into a class yet. */
  readonly class: string | null;
  readonly use: ImageUse;
  readonly reason: string | null;
  /** Null for one that is broken. */
  readonly facts: ImageFacts | null;
  /** Pictures of one group stay on one side. */
  readonly group: string | null;
  /** Side of the data set's split; null until it has been dealt (no class, broken). It outlives edits. */
  readonly part: Part | null;
  /** Blob of its WebP thumbnail, made when it is taken in; null for one that is broken. */
  readonly thumbnail: string | null;
  readonly addedAt: number;
  /** Account. */
  readonly addedBy: string;
}

/** What an edit may change of a picture. */
export type ImageState = Pick<ImageRow, "class" | "use" | "reason">;

export interface ImageChange {
  readonly image: string;
  readonly before: ImageState;
  readonly after: ImageState;
}

/** Null: there is no such class before, or after. */
export interface ClassChange {
  readonly class: string;
  readonly before: Pick<ClassRow, "name" | "position" | "isOff"> | null;
  readonly after: Pick<ClassRow, "name" | "position" | "isOff"> | null;
}

export const EDIT_KINDS = [
  ...["move", "leave-out", "keep", "add-class", "rename-class", "merge-classes", "reorder-classes"],
  ...["switch-class", "undo", "redo"],
] as const;
export type EditKind =
  | ("move" | "leave-out" | "keep" | "add-class" | "rename-class" | "merge-classes" | "reorder-classes")
  | ("switch-class" | "undo" | "redo");

/**
 * A line of a data set's log of edits. Undoing is an edit of its own, with the changes turned round; it marks the edit that it
 * is of, and a redo takes the mark away.
 */
export interface EditRow {
  readonly dataset: string;
  /** From 1, without gaps. */
  readonly number: number;
  readonly kind: EditKind;
  readonly at: number;
  /** Account. */
  readonly by: string;
  /** Of an undo or a redo: the edit that it is of. */
  readonly of: number | null;
  /** It was undone, and not redone since. */
  readonly isUndone: boolean;
  readonly images: readonly ImageChange[];
  readonly classes: readonly ClassChange[];
}

export type UploadState = "open" | "queued" | "importing" | "done" | "failed";

/** What says the classes of an upload's pictures, where its folders are not clear (core's `labelsFrom`). */
export const LABEL_SOURCES = ["folders", "inner-folders", "names"] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];

/** A table among an upload's files that has a row for each picture, with its class. */
export interface LabelTable {
  readonly path: string;
  /** Null: the one column that can be meant. */
  readonly column: string | null;
}

/** How far an import is. */
export interface UploadProgress {
  /** unpacking: bytes of archives; looking: files; taking-in: pictures. */
  readonly phase: "unpacking" | "looking" | "taking-in";
  readonly done: number;
  readonly total: number;
}

/** Files that something is said of, the first of them by name. */
export interface FilesWithReason {
  readonly count: number;
  readonly first: readonly { readonly path: string; readonly reason: string }[];
}

/** What came of an upload. */
export interface UploadResult {
  /** Pictures that are in the data set now and were not before. */
  readonly added: number;
  /** Pictures whose bytes the same class had already. */
  readonly same: number;
  /** Of `added`, those of no class. */
  readonly unsorted: number;
  /** Files that were passed over, and why. */
  readonly skipped: FilesWithReason;
  /** Files that cannot be read, and why; the data set has them with `use` "broken". */
  readonly broken: FilesWithReason;
  /** How the files were understood. */
  readonly notes: readonly DatasetNote[];
}

/** Files that come to a data set together: loose ones, folders, an archive. */
export interface UploadRow {
  readonly id: string;
  readonly dataset: string;
  readonly account: string;
  readonly createdAt: number;
  /** When something of it came last. Its pictures have this as `addedAt`, so that a second try knows them. */
  readonly heardAt: number;
  readonly state: UploadState;
  /** All of its files go to this class; null: their folders and names tell. */
  readonly class: string | null;
  readonly labelsFrom: LabelSource | null;
  /** In place of `labelsFrom`. */
  readonly labelTable: LabelTable | null;
  /** A known set in place of files. */
  readonly known: string | null;
  /** Null but while it is imported. */
  readonly progress: UploadProgress | null;
  /** Null until it is done. */
  readonly result: UploadResult | null;
  readonly error: SerializedError | null;
}

/** One file of an upload. */
export interface UploadFileRow {
  readonly upload: string;
  /** Name as given, "/" between folders; never a path on a disk. */
  readonly path: string;
  /** sha256 that its bytes have. */
  readonly hash: string;
  readonly bytes: number;
  /** Its bytes are a blob. */
  readonly isHere: boolean;
}

/** queued: not begun; running: a worker has it. The rest is how it ended; interrupted can be gone on with. */
export type ApiRunState = "queued" | "running" | RunStatus;

export interface RunRow {
  readonly id: string;
  readonly dataset: string;
  readonly owner: string;
  /** In its project, from 1. */
  readonly number: number;
  readonly name: string | null;
  readonly state: ApiRunState;
  /** Its owner wants it to stop; null once it has, and for a run that nobody stopped. */
  readonly stopAsked: StopReason | null;
  readonly config: TrainConfig;
  /** Blob of the frozen images, labels and split (`runs/frozen.ts`). */
  readonly frozen: string;
  /** Number of the data set's last edit when it was frozen. */
  readonly frozenEdit: number;
  /** Frozen pictures on each side of the split. */
  readonly images: Readonly<Record<Part, number>>;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Of the kept epoch. */
  readonly metrics: Metrics | null;
  readonly error: SerializedError | null;
  /** Number of the last stored event; -1: none. */
  readonly lastSeq: number;
  /** Worker that has it, or had it last. */
  readonly worker: string | null;
  /** Backend's id, once one was chosen. */
  readonly backend: string | null;
  /** There is a model. */
  readonly hasModel: boolean;
  /** The run that it does again. */
  readonly rerunOf: string | null;
}

/** A file of a run's folder (record, split, checkpoint, model, export). */
export interface RunFileRow {
  readonly run: string;
  /** "/" between folders. */
  readonly path: string;
  /** Blob. */
  readonly hash: string;
  readonly bytes: number;
}

/** What a blob is for; a blob of several kinds is of the first. */
export const BLOB_KINDS = [
  ...(["picture", "thumbnail", "upload", "model", "checkpoint", "old-checkpoint"] as const),
  ...(["export", "evaluation", "run"] as const),
] as const;
export type BlobKind = (typeof BLOB_KINDS)[number];

/** A blob that rows name. */
export interface NamedBlob {
  readonly hash: string;
  /** What the rows say; null where none says it. */
  readonly bytes: number | null;
  /**
   * Of a run's files: "model", "checkpoint" and "export" below the folders model, checkpoints and exports, "old-checkpoint" where
   * nobody goes on with the run any more; "run" all others and what it froze.
   */
  readonly kind: BlobKind;
}

/** What was decided about a finished run; the newest that is not undone counts. */
export interface DecisionRow {
  readonly id: string;
  readonly dataset: string;
  readonly run: string;
  /** in-use: the run that the project uses; the others are of the run itself. */
  readonly kind: "in-use" | "not-sure-below" | "name" | "note";
  readonly value: string | number | null;
  readonly at: number;
  readonly by: string;
  readonly isUndone: boolean;
}
