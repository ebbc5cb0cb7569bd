import { CoreError } from "@graft/core";
import type { Access } from "../identity/access.ts";
import { type Caller, notThere, notThereIn } from "../identity/identity.ts";
import type { ModelJobRemoval } from "../model-jobs/model-job-removal.ts";
import { type Clock, newId } from "../ports/clock.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Repository } from "../ports/repository.ts";
import type { LabelSource, LabelTable, UploadFileRow, UploadRow } from "../ports/rows.ts";
import type { UploadSpool } from "../ports/upload-spool.ts";
import type { KeptBlobs } from "./kept-blobs.ts";
import { ABANDONED_MS, checkFileSize, checkUploadSize, fileName, REMEMBERED_MS } from "./upload-limits.ts";
import { UploadReceiver } from "./upload-receiver.ts";

export interface UploadParts {
  readonly repository: Repository;
  readonly kept: KeptBlobs;
  readonly modelJobs: Pick<ModelJobRemoval, "removeOf">;
  readonly spool: UploadSpool;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly access: Access;
}

/** A file that is to come. */
export interface PlannedFile {
  readonly path: string;
  readonly hash: string;
  readonly bytes: number;
}

/** A row that was not begun yet. @param upload.labelTable @default null */
export function newUpload(
  upload: Pick<UploadRow, "dataset" | "account" | "class" | "labelsFrom" | "known"> &
    Pick<Partial<UploadRow>, "labelTable">,
  now: number,
): UploadRow {
  return {
    ...{ labelTable: null, ...upload, id: newId(), createdAt: now, heardAt: now, state: "open" },
    ...{ progress: null, result: null, error: null },
  };
}

/** Files on their way to a data set: first their hashes, then the bytes that are missing, then the import. */
export class UploadService {
  readonly #parts: UploadParts;
  readonly #receiver: UploadReceiver;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#receiver = new UploadReceiver(parts);
  }

  /**
   * @param asked.class that all of its pictures go to; null: their folders and names tell, and a contributor's token names it.
   * @param asked.labelTable a table that is sent with the pictures, in place of `labelsFrom`.
   * @throws CoreError `not-found`, `bad-input` for a table beside another source of labels.
   */
  async create(
    caller: Caller,
    asked: {
      readonly dataset: string;
      readonly class: string | null;
      readonly labelsFrom: LabelSource | null;
      readonly labelTable?: LabelTable | null;
    },
  ): Promise<UploadRow> {
    const { repository, clock, access } = this.#parts;
    const { account, token } = caller.identity;
    // such a token is for one class, so nobody has to name it again
    const ofToken = token.role === "contributor" ? (token.scope.class ?? null) : null;
    const { class: to } = await access.contribution(caller, asked.dataset, asked.class ?? ofToken);
    const from = { labelsFrom: asked.labelsFrom, labelTable: labelTable(asked) };
    const place = { dataset: asked.dataset, class: to?.id ?? null, account: account.id, known: null };
    const upload = newUpload({ ...place, ...from }, clock());
    await repository.uploads.create(upload);
    return upload;
  }

  /**
   * Notes files of an upload.
   * @returns hashes whose bytes are to be sent. Those that a data set or an upload of the same account has are not among them; whether
   *   another account has some is told to nobody, and a contributor is told of none.
   * @throws CoreError `not-found`, `bad-input` for a name that leads elsewhere, `limit`, `conflict` for a name that was there
   *   with other bytes and for an upload that is finished.
   */
  async plan(
    caller: Caller,
    id: string,
    files: readonly PlannedFile[],
  ): Promise<{ readonly missing: readonly string[] }> {
    const { repository, kept, clock } = this.#parts;
    const upload = await this.#open(caller, id);
    const named = files.map((file) => ({ ...file, path: fileName(file.path) }));
    for (const { path, bytes } of named) checkFileSize(path, bytes);
    await using keeping = kept.begin();
    const here = await keeping.keepStored(await this.#hereOf(caller, named));
    const rows = named.map((file): UploadFileRow => ({ ...file, upload: id, isHere: here.has(file.hash) }));
    const all = await repository.uploads.addFiles(id, rows);
    await repository.uploads.update(id, { heardAt: clock() }, ["open"]);
    try {
      checkUploadSize(all);
    } catch (error) {
      await this.#remove(upload);
      throw error;
    }
    const paths = named.map(({ path }) => path);
    const stored = new Map((await repository.uploads.filesByPaths(id, paths)).map((row) => [row.path, row]));
    for (const { path, hash, bytes } of named) checkSame(stored.get(path), { path, hash, bytes });
    const missing = [...stored.values()].flatMap(({ hash, isHere }) => (isHere ? [] : [hash]));
    return { missing: [...new Set(missing)] };
  }

  /**
   * Takes a file's bytes, or those from `offset` on; the rest of a large one (`SPOOLED_BYTES`) may come later.
   * @returns how many bytes of it are here.
   * @throws CoreError `not-found`, `corrupt` for other bytes than were told of, `limit`, `conflict` for another offset than
   *   where it broke off (`sent`); what the stream throws.
   */
  async receive(
    caller: Caller,
    id: string,
    hash: string,
    bytes: AsyncIterable<Uint8Array>,
    offset = 0,
  ): Promise<{ readonly hash: string; readonly bytes: number; readonly isHere: boolean }> {
    const upload = await this.#open(caller, id);
    const received = await this.#receiver.receive(upload, await this.#file(id, hash), bytes, offset);
    return { hash, ...received };
  }

  /** How much of a file is here. @throws CoreError `not-found`. */
  async sent(
    caller: Caller,
    id: string,
    hash: string,
  ): Promise<{ readonly hash: string; readonly bytes: number; readonly isHere: boolean }> {
    await this.#own(caller, id);
    return { hash, ...(await this.#receiver.have(await this.#file(id, hash))) };
  }

  /**
   * All is here: the import begins as soon as it may. Asking again changes nothing.
   * @throws CoreError `not-found`, `conflict` while bytes are missing, `bad-input` for an upload without a file.
   */
  async finish(caller: Caller, id: string): Promise<UploadRow> {
    const { repository, spool } = this.#parts;
    const upload = await this.#own(caller, id);
    if (upload.state === "open") {
      const { items: missing } = await repository.uploads.files(id, { limit: 1, isHere: false });
      const [first] = missing;
      if (first !== undefined)
        throw new CoreError("conflict", {
          what: "Some files of the upload are not here yet.",
          received: `nothing or not all of ${first.path}`,
          fix: "Send them, then finish.",
        });
      const { items: files } = await repository.uploads.files(id, { limit: 1 });
      if (files.length === 0)
        throw new CoreError("bad-input", {
          what: "The upload has no file.",
          fix: "Name its files first, and send what is missing of them.",
        });
      await repository.uploads.update(id, { state: "queued" }, ["open"]);
      // of a file that became a blob when the server ended
      await spool.removeAll(id);
    }
    const now = (await repository.uploads.get(id)) ?? upload;
    // also where the server ended right here the last time
    if (now.state === "queued") await this.submit(now, caller.request);
    return now;
  }

  /** Puts the import of an upload into the line; the same again changes nothing. */
  async submit({ id, account }: UploadRow, request?: string): Promise<void> {
    await this.#parts.jobs.submit({
      ...{ id, kind: "import", subject: id, owner: account },
      ...(request === undefined ? {} : { request }),
    });
  }

  /** @throws CoreError `not-found`. */
  get(caller: Caller, id: string): Promise<UploadRow> {
    return this.#own(caller, id);
  }

  /** Gives an upload up that is not finished. @throws CoreError `not-found`, `conflict`. */
  async cancel(caller: Caller, id: string): Promise<void> {
    await this.#remove(await this.#open(caller, id));
  }

  /** At start: imports that a server had noted and not put into the line, and those that the queue has given up. */
  async recover(): Promise<void> {
    const { repository, jobs } = this.#parts;
    for (const state of ["queued", "importing"] as const)
      for (const upload of await repository.uploads.inState(state)) {
        const job = await jobs.get(upload.id);
        if (job === undefined) await this.submit(upload);
        else if (job.state === "failed" || job.state === "cancelled")
          await repository.uploads.update(upload.id, { state: "failed", error: job.error ?? null }, [state]);
      }
  }

  /** Removes uploads that nobody goes on with, and what came of old ones. Asked for daily, and at start. */
  async sweep(): Promise<void> {
    const { repository, spool, clock } = this.#parts;
    const now = clock();
    for (const state of ["open", "done", "failed"] as const)
      for (const upload of await repository.uploads.inState(state))
        if (upload.heardAt < now - (state === "open" ? ABANDONED_MS : REMEMBERED_MS))
          await this.#remove(upload);
    for (const id of await spool.uploads())
      if ((await repository.uploads.get(id))?.state !== "open") await spool.removeAll(id);
  }

  async #remove({ id }: UploadRow): Promise<void> {
    const { repository, spool, kept, modelJobs } = this.#parts;
    await modelJobs.removeOf({ upload: id });
    const hashes = await repository.uploads.removeFiles(id);
    await repository.uploads.remove(id);
    await spool.removeAll(id);
    await kept.drop(hashes);
  }

  async #own(caller: Caller, id: string): Promise<UploadRow> {
    const { repository, access } = this.#parts;
    const upload = await repository.uploads.get(id);
    if (upload === undefined) throw notThere("upload", id);
    // a class that is gone by now leaves its uploads to their owner
    const classId = caller.identity.token.role === "contributor" ? upload.class : null;
    await access.contribution(caller, upload.dataset, classId).catch((error: unknown) => {
      throw notThereIn(error, "upload", id);
    });
    return upload;
  }

  /** @throws CoreError `not-found`, `conflict` for one that is finished. */
  async #open(caller: Caller, id: string): Promise<UploadRow> {
    const upload = await this.#own(caller, id);
    if (upload.state === "open") return upload;
    throw new CoreError("conflict", {
      what: "The upload is finished.",
      received: upload.state,
      fix: "Begin another one.",
    });
  }

  async #file(id: string, hash: string): Promise<UploadFileRow> {
    const file = await this.#parts.repository.uploads.fileOfHash(id, hash);
    if (file === undefined) throw notThere("file of this upload", hash);
    return file;
  }

  /** Hashes of files whose bytes the account has. */
  async #hereOf({ identity }: Caller, files: readonly PlannedFile[]): Promise<readonly string[]> {
    if (identity.token.role === "contributor") return [];
    const sizes = new Map(files.map(({ hash, bytes }) => [hash, bytes]));
    const { images, uploads } = this.#parts.repository;
    const [account, hashes] = [identity.account.id, [...sizes.keys()]];
    // also what an upload that broke off has brought
    const rows = [
      ...(await images.ofAccount(account, hashes)),
      ...(await uploads.broughtBy(account, hashes)),
    ];
    return [...new Set(rows.flatMap(({ hash, bytes }) => (sizes.get(hash) === bytes ? [hash] : [])))];
  }
}

/** @throws CoreError `bad-input` for a name that leads elsewhere, and beside another source of labels. */
function labelTable({
  labelsFrom,
  labelTable: table = null,
}: {
  readonly labelsFrom: LabelSource | null;
  readonly labelTable?: LabelTable | null;
}): LabelTable | null {
  if (table === null) return null;
  if (labelsFrom === null) return { path: fileName(table.path), column: table.column };
  throw new CoreError("bad-input", {
    what: "`labelsFrom` and `labelTable` say two things of where the labels are.",
    received: `${labelsFrom}, ${table.path}`,
    fix: "Give one of them.",
  });
}

/** @throws CoreError `conflict` for a file that was named before with other bytes. */
function checkSame(stored: UploadFileRow | undefined, { path, hash, bytes }: PlannedFile): void {
  if (stored === undefined || (stored.hash === hash && stored.bytes === bytes)) return;
  throw new CoreError("conflict", {
    what: `${path} was named before with other bytes.`,
    fix: "Begin another upload, and leave the files alone while they are sent.",
  });
}
