import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { BlobFacts } from "@graft/api";
import { CoreError, throwIfCancelled } from "@graft/core";
import { codeOf, sha256InPieces } from "@graft/core/node";
import * as z from "zod";
import type { TextRow } from "../../store/copy/table-rows.ts";
import { type ArchivePart, archiveIndex, damagedArchive } from "./archive-index.ts";
import {
  BACKUP_VERSION,
  type BackupManifest,
  blobName,
  MANIFEST_NAME,
  manifestSchema,
  rowsName,
  SUMS_NAME,
  versionedSchema,
} from "./backup-form.ts";
import { readLines } from "./read-lines.ts";

const READ_BYTES = 2 ** 20;
const rowSchema = z.record(z.string(), z.string().nullable());

export interface CheckOptions {
  /** Told after each file: bytes of their contents. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A backup's file, opened for reading. */
export class Archive implements AsyncDisposable {
  readonly path: string;
  readonly manifest: BackupManifest;
  readonly #file: FileHandle;
  readonly #parts: ReadonlyMap<string, ArchivePart>;
  readonly #sums: ReadonlyMap<string, string>;

  constructor(
    path: string,
    file: FileHandle,
    parts: ReadonlyMap<string, ArchivePart>,
    sums: ReadonlyMap<string, string>,
    manifest: BackupManifest,
  ) {
    this.path = path;
    this.manifest = manifest;
    this.#file = file;
    this.#parts = parts;
    this.#sums = sums;
  }

  /** Reads all of it once. @throws CoreError `corrupt` with the name of the file that is damaged, `cancelled`. */
  async check({ onProgress, signal }: CheckOptions = {}): Promise<void> {
    const total = [...this.#parts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const [name, part] of this.#parts) {
      throwIfCancelled(signal);
      if (name !== SUMS_NAME) await this.#check(part);
      done += part.bytes;
      onProgress?.({ done, total });
    }
  }

  /** Hash and length of every blob in it, in its order. */
  blobs(): readonly BlobFacts[] {
    const blobs: BlobFacts[] = [];
    for (const { name, bytes } of this.#parts.values()) {
      const [, , hash] = /^blobs\/(..)\/(\1[0-9a-f]{62})$/.exec(name) ?? [];
      if (hash !== undefined) blobs.push({ hash, bytes });
    }
    return blobs;
  }

  blob(hash: string): AsyncIterable<Uint8Array> {
    return this.#read(blobName(hash));
  }

  /** A table's rows, some at a time. @param batch at most so many. @throws CoreError `corrupt`. */
  async *rows(table: string, batch: number): AsyncGenerator<TextRow[]> {
    let rows: TextRow[] = [];
    for await (const line of readLines(this.#read(rowsName(table)))) {
      const row = rowSchema.safeParse(JSON.parse(line));
      if (!row.success) throw damagedArchive(this.path, `a line of ${rowsName(table)} is no row`);
      if (rows.push(row.data) < batch) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async *#read(name: string): AsyncGenerator<Uint8Array> {
    const part = this.#parts.get(name);
    if (!part) throw damagedArchive(this.path, `it has no ${name}`, { part: name });
    yield* contentOf(this.path, part);
  }

  async #check(part: ArchivePart): Promise<void> {
    const { name } = part;
    const sum = this.#sums.get(name);
    const isNamed = !name.startsWith("blobs/") || (sum !== undefined && name === blobName(sum));
    if (sum !== undefined && isNamed && (await hashOf(this.path, part)) === sum) return;
    throw damagedArchive(this.path, `${name} has other bytes than it had`, { part: name });
  }
}

async function* contentOf(path: string, { start, bytes }: ArchivePart): AsyncGenerator<Uint8Array> {
  if (bytes === 0) return;
  yield* createReadStream(path, { start, end: start + bytes - 1, highWaterMark: READ_BYTES });
}

async function hashOf(path: string, part: ArchivePart): Promise<string> {
  const hasher = sha256InPieces();
  for await (const piece of contentOf(path, part)) hasher.update(piece);
  return hasher.digest();
}

async function textOf(path: string, part: ArchivePart): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of contentOf(path, part)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** sha256 of each file by its name, in their order. @throws CoreError `corrupt` for sums of other files than there are. */
async function readSums(
  path: string,
  parts: ReadonlyMap<string, ArchivePart>,
): Promise<ReadonlyMap<string, string>> {
  const names = [...parts.keys()];
  const part = parts.get(SUMS_NAME);
  if (!part || names.pop() !== SUMS_NAME || names[0] !== MANIFEST_NAME)
    throw damagedArchive(path, `it does not begin with ${MANIFEST_NAME} and end with ${SUMS_NAME}`);
  const lines = (await textOf(path, part)).split("\n");
  const sums = new Map<string, string>();
  for (const [n, name] of names.entries()) {
    const line = lines[n] ?? "";
    if (!/^[0-9a-f]{64} {2}/.test(line) || line.slice(66) !== name)
      throw damagedArchive(path, `${SUMS_NAME} has no sum of ${name}`, { part: SUMS_NAME });
    sums.set(name, line.slice(0, 64));
  }
  if (lines.length !== names.length + 1 || lines.at(-1) !== "")
    throw damagedArchive(path, `${SUMS_NAME} has sums of more files than there are`, { part: SUMS_NAME });
  return sums;
}

async function readManifest(
  path: string,
  part: ArchivePart,
  sum: string | undefined,
): Promise<BackupManifest> {
  if ((await hashOf(path, part)) !== sum)
    throw damagedArchive(path, `${MANIFEST_NAME} has other bytes than it had`, { part: MANIFEST_NAME });
  const told: unknown = JSON.parse(await textOf(path, part));
  const { success, data } = versionedSchema.safeParse(told);
  if (success && data.version > BACKUP_VERSION)
    throw new CoreError("unsupported", {
      what: `${path} was written by a newer graft.`,
      ...{ received: `version ${data.version}`, expected: `at most version ${BACKUP_VERSION}` },
      fix: "Use that newer version of graft.",
    });
  const manifest = manifestSchema.safeParse(told);
  if (manifest.success) return manifest.data;
  throw damagedArchive(path, `${MANIFEST_NAME} is not that of a backup`, { part: MANIFEST_NAME });
}

/**
 * Opens a backup's file and reads what it says of itself; its contents are checked by `check`.
 * @throws CoreError `not-found`, `unreadable`; `corrupt` for what is damaged, cut off or no backup; `unsupported` for a newer one.
 */
export async function openArchive(path: string): Promise<Archive> {
  const file = await open(path, "r").catch((cause: unknown) => {
    const isGone = codeOf(cause) === "ENOENT";
    const what = isGone ? "There is no such backup." : "The backup cannot be read.";
    throw new CoreError(isGone ? "not-found" : "unreadable", { what, received: path }, { cause });
  });
  try {
    const parts = await archiveIndex(file, path);
    const sums = await readSums(path, parts);
    const [[, first] = []] = parts;
    if (!first) throw damagedArchive(path, "it is empty");
    const manifest = await readManifest(path, first, sums.get(MANIFEST_NAME));
    checkParts(path, parts, manifest);
    return new Archive(path, file, parts, sums, manifest);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The files are those that the manifest tells. @throws CoreError `corrupt` */
function checkParts(
  path: string,
  parts: ReadonlyMap<string, ArchivePart>,
  { tables, blobs }: BackupManifest,
): void {
  const known = new Set([MANIFEST_NAME, SUMS_NAME, ...tables.map(({ table }) => rowsName(table))]);
  const others = [...parts.values()].filter(({ name }) => !known.has(name));
  const bytes = others.reduce((sum, part) => sum + part.bytes, 0);
  if (others.length !== blobs.count || bytes !== blobs.bytes)
    throw damagedArchive(
      path,
      `it has ${others.length} blobs of ${bytes} bytes, and ${blobs.count} of ${blobs.bytes} were written`,
    );
}
