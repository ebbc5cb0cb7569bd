import { createReadStream } from "node:fs";
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { UploadSpool } from "@graft/api";
import { CoreError } from "@graft/core";
import { isDiskFull, makeFolder, readFailure } from "@graft/core/node";

const ID = /^[0-9a-z]{1,64}$/;
const HASH = /^[0-9a-f]{64}$/;

/** Synced so often while bytes come, so that a power cut costs no more. */
const SYNC_BYTES = 64 * 2 ** 20;

/** Large files on their way, in a folder on this machine: a folder for each upload, a file for each hash. */
export function folderSpool(root: string): UploadSpool {
  const writing = new Set<string>();

  const folderOf = (upload: string): string => {
    if (!ID.test(upload))
      throw new CoreError("bad-input", { what: "This is no upload's id.", received: upload.slice(0, 100) });
    return join(root, upload);
  };
  const pathOf = (upload: string, hash: string): string => {
    if (!HASH.test(hash))
      throw new CoreError("bad-input", { what: "This is no sha256.", received: hash.slice(0, 100) });
    return join(folderOf(upload), hash);
  };
  const sizeOf = async (path: string): Promise<number> => {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
      throw readFailure(path, error);
    }
  };

  return {
    size: (upload, hash) => sizeOf(pathOf(upload, hash)),

    async append(upload, hash, bytes, { offset, maxBytes }) {
      const path = pathOf(upload, hash);
      if (writing.has(path))
        throw new CoreError("conflict", {
          what: "This file is being sent by another request.",
          fix: "Wait until that has ended, and ask how much is here.",
        });
      writing.add(path);
      try {
        await makeFolder(folderOf(upload));
        const have = await sizeOf(path);
        if (have !== offset)
          throw new CoreError(
            "conflict",
            {
              what: "The bytes do not go on where those that are here end.",
              received: `offset ${offset}`,
              expected: `offset ${have}`,
              fix: "Ask how much is here, and go on from there.",
            },
            { facts: { have } },
          );
        return await appendTo(path, bytes, { have, maxBytes });
      } finally {
        writing.delete(path);
      }
    },

    async *stream(upload, hash) {
      const path = pathOf(upload, hash);
      try {
        yield* createReadStream(path);
      } catch (error) {
        throw readFailure(path, error);
      }
    },

    async remove(upload, hash) {
      await rm(pathOf(upload, hash), { force: true });
    },

    async removeAll(upload) {
      await rm(folderOf(upload), { recursive: true, force: true });
    },

    async uploads() {
      try {
        return (await readdir(root)).filter((name) => ID.test(name));
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
        throw readFailure(root, error);
      }
    },
  };
}

async function appendTo(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  { have, maxBytes }: { readonly have: number; readonly maxBytes: number },
): Promise<number> {
  const file = await open(path, "a").catch((error: unknown) => {
    throw failure(path, error);
  });
  let length = have;
  let synced = have;
  try {
    for await (const chunk of bytes) {
      if (length + chunk.length > maxBytes)
        throw new CoreError("limit", {
          what: "More bytes came than were told of.",
          expected: `${maxBytes} bytes`,
          fix: "Begin another upload, and leave the files alone while they are sent.",
        });
      await file.appendFile(chunk).catch((error: unknown) => {
        throw failure(path, error);
      });
      length += chunk.length;
      if (length - synced < SYNC_BYTES) continue;
      await file.datasync();
      synced = length;
    }
    await file.datasync();
    return length;
  } finally {
    await file.close();
  }
}

function failure(path: string, error: unknown): CoreError {
  if (!isDiskFull(error)) return readFailure(path, error);
  return new CoreError(
    "disk-full",
    { what: "The server has no room for this file.", fix: "An admin must free some space." },
    { cause: error },
  );
}
