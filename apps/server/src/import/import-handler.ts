import { join } from "node:path";
import {
  type BlobKeeper,
  type BlobStore,
  type Clock,
  Intake,
  type JobHandler,
  type Repository,
  type UploadFileRow,
  type UploadResult,
  type UploadRow,
} from "@graft/api";
import { type ErrorCode, isCancelled, serializeError, throwIfCancelled } from "@graft/core";
import { cacheFolders } from "@graft/core/node";
import { ImportPlace } from "./import-place.ts";
import type { ListedUpload, Understood } from "./messages.ts";
import { readSafely } from "./read-safely.ts";
import { READING_LIMITS, type ReadingLimits } from "./reading-child.ts";
import { takePage } from "./take-page.ts";

export interface ImportOptions {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly keeper: BlobKeeper;
  readonly clock: Clock;
  /** graft's home. */
  readonly home: string;
  /** That decode pictures. */
  readonly threads: number;
  /** @default READING_LIMITS */
  readonly limits?: ReadingLimits;
}

/** Folder of what imports have under way. */
export const importsFolder = (home: string): string => join(home, "server", "import");

/** Not the upload's fault: the job is done again. */
const OF_HOST: readonly (ErrorCode | "internal")[] = [
  "cancelled",
  "unreadable",
  "disk-full",
  "busy",
  "offline",
];
/** A process that ended without a reason in the files is tried again so often. */
const MOST_ATTEMPTS = 3;
const PAGE = 500;
/** Progress is written no more often. */
const TOLD_MS = 1000;

/** Does jobs of kind "import": an upload becomes pictures of its data set, or is refused. */
export function importHandler(options: ImportOptions): JobHandler {
  const { repository, keeper } = options;
  return async (job, { signal }) => {
    const { uploads } = repository;
    const upload = await uploads.get(job.subject);
    if (
      upload === undefined ||
      !(await uploads.update(upload.id, { state: "importing" }, ["queued", "importing"]))
    )
      return;
    const cache = cacheFolders(options.home).archives;
    const place = await ImportPlace.open(importsFolder(options.home), upload.id, { cache });
    try {
      const result = await importUpload(upload, place, { ...options, signal });
      await uploads.update(upload.id, { state: "done", result, progress: null }, ["importing"]);
    } catch (error) {
      const { code, stack: _, ...told } = serializeError(error);
      const mayTryAgain = OF_HOST.includes(code) || (code === "backend" && job.attempts < MOST_ATTEMPTS);
      if (mayTryAgain && !isCancelled(signal)) throw error;
      await uploads.update(upload.id, { state: "failed", error: { ...told, code }, progress: null }, [
        "importing",
      ]);
      // a defect is for whoever reads the log, too
      if (code === "internal") throw error;
    }
    await place.remove();
    await keeper.drop(await uploads.removeFiles(upload.id));
  };
}

/** All files of an upload that are here. */
async function filesOf({ uploads }: Repository, id: string): Promise<readonly UploadFileRow[]> {
  const files: UploadFileRow[] = [];
  let after: string | undefined;
  do {
    const page = await uploads.files(id, { after, limit: PAGE, isHere: true });
    files.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return files;
}

/** What people call the files together: the one, or the folder that they all lie in. */
function sourceOf(files: readonly UploadFileRow[]): string {
  const [first, second] = files;
  if (first !== undefined && second === undefined) return first.path;
  const top = first?.path.split("/")[0];
  return top !== undefined && files.every(({ path }) => path.startsWith(`${top}/`)) ? top : "The upload";
}

async function importUpload(
  upload: UploadRow,
  place: ImportPlace,
  {
    repository,
    blobs,
    keeper,
    clock,
    home,
    threads,
    limits = READING_LIMITS,
    signal,
  }: ImportOptions & { readonly signal: AbortSignal },
): Promise<UploadResult> {
  const { id, dataset, known, labelsFrom } = upload;
  const intake = new Intake({ repository, clock }, upload);
  const rows = await filesOf(repository, id);
  const own = new Map<string, string>();
  const files: ListedUpload[] = [];
  for (const { path, hash } of rows) {
    throwIfCancelled(signal);
    const location = await place.fileOf(blobs, hash);
    own.set(location, hash);
    files.push({ path, location });
  }
  let toldAt = 0;
  let telling: Promise<unknown> | undefined;
  const classes = await repository.datasets.classes(dataset);
  const understood: Understood = await readSafely(
    files,
    {
      ...{ source: known ?? sourceOf(rows), home: known === null ? place.home : home, folder: place.folder },
      ...{ known, labelsFrom, threads, isOneClass: upload.class !== null },
      classes: classes.map(({ name }) => name),
    },
    {
      onProgress({ phase, done, total }) {
        if (telling !== undefined || performance.now() - toldAt < TOLD_MS) return;
        toldAt = performance.now();
        telling = repository.uploads
          .update(id, { progress: { phase, done, total } }, ["importing"])
          // the next one may be written
          .catch(() => undefined)
          .finally(() => {
            telling = undefined;
          });
      },
      onUnderstood: ({ labels, isGiven }) => intake.begin({ labels, isGiven }),
      onPage: (found) => takePage(found, { keeper, place, own, add: (images) => intake.add(images) }),
    },
    { limits, signal },
  );
  const { skipped, broken, notes } = understood;
  const taken = await intake.finish(notes);
  await telling;
  return { ...taken, skipped, broken, notes };
}
