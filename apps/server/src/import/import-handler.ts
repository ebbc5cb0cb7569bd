import { join } from "node:path";
import {
  type BlobKeeper,
  type BlobStore,
  type Clock,
  Intake,
  type JobContext,
  type JobHandler,
  type Repository,
  type UploadFileRow,
  type UploadResult,
  type UploadRow,
} from "@graft/api";
import { type ErrorCode, serializeError, throwIfCancelled } from "@graft/core";
import { cacheFolders } from "@graft/core/node";
import type { ChildProgram } from "../workers/child-program.ts";
import { ImportPlace, removeImport } from "./import-place.ts";
import type { ListedUpload } from "./messages.ts";
import { readSafely } from "./read-safely.ts";
import { READING_LIMITS, type ReadingLimits } from "./reading-child.ts";
import { takePage } from "./take-page.ts";
import { ToldProgress } from "./told-progress.ts";

export interface ImportOptions {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly keeper: Pick<BlobKeeper, "begin" | "drop">;
  readonly clock: Clock;
  /** graft's home. */
  readonly home: string;
  /** That decode pictures. */
  readonly threads: number;
  /** @default READING_LIMITS */
  readonly limits?: ReadingLimits;
  /** That reads uploads. @default import-child of this folder */
  readonly program?: ChildProgram;
}

/** Where imports have what they are at. @param home graft's */
export const importsFolder = (home: string): string => join(home, "server", "import");

/** Not the upload's fault: the job is done again. */
const OF_HOST: readonly (ErrorCode | "internal")[] = ["unreadable", "disk-full", "busy"];
/** A process that ended without a reason in the files is tried again so often. */
const MOST_ATTEMPTS = 3;
const PAGE = 500;

/** Does jobs of kind "import": an upload becomes pictures of its data set, or is refused. */
export function importHandler(options: ImportOptions): JobHandler {
  const { repository, keeper, home } = options;
  const { uploads } = repository;
  const clear = async (id: string): Promise<void> => {
    await removeImport(importsFolder(home), id);
    await keeper.drop(await uploads.removeFiles(id));
  };
  return async (job, context) => {
    const { subject: id } = job;
    const upload = await uploads.get(id);
    const isOpen = await uploads.update(id, { state: "importing" }, ["queued", "importing"]);
    // it is over: its server was killed before nothing was left of it
    if (upload === undefined || !isOpen) return clear(id);
    const place = await ImportPlace.open(importsFolder(home), id, { cache: cacheFolders(home).archives });
    try {
      const result = await importUpload(upload, place, { ...options, ...context });
      await uploads.update(id, { state: "done", result, progress: null }, ["importing"]);
    } catch (error) {
      const { code, stack: _, ...told } = serializeError(error);
      const isPassing = OF_HOST.includes(code) || (code === "backend" && job.attempts < MOST_ATTEMPTS);
      if (isPassing || (code === "cancelled" && context.isForHost())) throw error;
      await uploads.update(id, { state: "failed", error: { ...told, code }, progress: null }, ["importing"]);
      // a defect is for whoever reads the log, too
      if (code === "internal") throw error;
    }
    await clear(id);
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
  options: ImportOptions & Pick<JobContext, "signal" | "hasKept">,
): Promise<UploadResult> {
  const {
    repository,
    blobs,
    keeper,
    home,
    threads,
    limits = READING_LIMITS,
    program,
    signal,
    hasKept,
  } = options;
  const { id, dataset, known, labelsFrom, labelTable } = upload;
  const intake = new Intake(options, upload);
  const rows = await filesOf(repository, id);
  const own = new Map<string, string>();
  const files: ListedUpload[] = [];
  for (const { path, hash } of rows) {
    throwIfCancelled(signal);
    const location = await place.fileOf(blobs, hash);
    own.set(location, hash);
    files.push({ path, location });
  }
  const classes = (await repository.datasets.classes(dataset)).map(({ name }) => name);
  const progress = new ToldProgress((now) => repository.uploads.update(id, { progress: now }, ["importing"]));
  try {
    const { skipped, broken, notes } = await readSafely(
      files,
      {
        ...{ source: known ?? sourceOf(rows), home: known === null ? place.home : home },
        ...{ folder: place.folder, known, labelsFrom, labelTable, classes, threads },
        isOneClass: upload.class !== null,
      },
      {
        onProgress: (now) => progress.tell(now),
        onUnderstood: (start) => intake.begin(start),
        async onPage(found) {
          await takePage(found, { keeper, place, own, add: (images) => intake.add(images) });
          hasKept();
        },
      },
      { limits, signal, program },
    );
    return { ...(await intake.finish(notes)), skipped, broken, notes };
  } finally {
    await progress.end();
  }
}
