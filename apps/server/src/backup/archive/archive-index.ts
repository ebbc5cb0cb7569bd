import type { FileHandle } from "node:fs/promises";
import { CoreError } from "@graft/core";
import { readTarHeader, TAR_BLOCK } from "../../tar/tar-header.ts";

/** Where a file of an archive lies in it. */
export interface ArchivePart {
  readonly name: string;
  /** First byte of its content. */
  readonly start: number;
  readonly bytes: number;
}

/** @param path of the archive. @param what of it is wrong, as the end of "The backup … ". */
export function damagedArchive(
  path: string,
  what: string,
  facts: { readonly part?: string } = {},
): CoreError {
  return new CoreError(
    "corrupt",
    {
      what: `The backup is damaged: ${what}.`,
      received: path,
      fix: "Use another copy of it, or an earlier backup. Nothing was restored.",
    },
    { facts },
  );
}

async function readBlock(file: FileHandle, at: number): Promise<Buffer> {
  const block = Buffer.alloc(TAR_BLOCK);
  const { bytesRead } = await file.read(block, 0, TAR_BLOCK, at);
  return block.subarray(0, bytesRead);
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/**
 * The files of a tar as `writeArchive` makes it, whole up to its end.
 * @returns them by name, in their order.
 * @throws CoreError `corrupt` with the name of the file behind which it is damaged or ends.
 */
export async function archiveIndex(
  file: FileHandle,
  path: string,
): Promise<ReadonlyMap<string, ArchivePart>> {
  const facts = await file.stat();
  if (!facts.isFile()) throw damagedArchive(path, "it is no file");
  const { size } = facts;
  const parts = new Map<string, ArchivePart>();
  let [at, last] = [0, "its start"];
  for (;;) {
    const block = await readBlock(file, at);
    if (block.length < TAR_BLOCK) throw damagedArchive(path, `it ends at byte ${size}, behind ${last}`);
    if (isZero(block)) break;
    const entry = readTarHeader(block);
    if (!entry)
      throw damagedArchive(
        path,
        at === 0 ? "it is no backup" : `what follows ${last} at byte ${at} is none of its files`,
      );
    const { name, bytes } = entry;
    if (parts.has(name)) throw damagedArchive(path, `it has ${name} twice`, { part: name });
    const start = at + TAR_BLOCK;
    const end = start + bytes;
    at = start + Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK;
    if (at > size) throw damagedArchive(path, `it ends at byte ${size}, in ${name}`, { part: name });
    const padding = end === at ? Buffer.alloc(0) : (await readBlock(file, at - TAR_BLOCK)).subarray(end - at);
    if (!isZero(padding)) throw damagedArchive(path, `there are bytes behind ${name}`, { part: name });
    parts.set(name, { name, start, bytes });
    last = name;
  }
  const rest = await readBlock(file, at + TAR_BLOCK);
  if (size !== at + 2 * TAR_BLOCK || !isZero(rest))
    throw damagedArchive(path, `it does not end behind ${last}, at byte ${at}`);
  return parts;
}
