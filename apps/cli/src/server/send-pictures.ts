import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { CoreError, throwIfCancelled } from "@graft/core";
import { walkFolder } from "@graft/core/node";
import type { Session } from "../session/session.ts";
import { asCoreError, type ServerClient } from "./client.ts";
import { type FileToSend, sendFiles } from "./send-files.ts";

/** How often a server is asked how far an import is. */
const ASK_MS = 400;

type Upload = Awaited<ReturnType<ServerClient["api"]["uploads"]["get"]["query"]>>;

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/**
 * A folder's files, or an archive as one file; each with its hash.
 * @throws CoreError `bad-input` for a folder without any; `cancelled`.
 */
export async function localFiles(
  name: string,
  session: Session,
): Promise<{ readonly isFolder: boolean; readonly pictures: readonly FileToSend[] }> {
  const { signal } = session;
  const root = resolve(name);
  const isFolder = (await stat(root)).isDirectory();
  const listed = isFolder
    ? (await walkFolder(root, { signal, home: session.context.environment.home })).files
    : [{ path: basename(root), location: root }];
  const files: FileToSend[] = [];
  for (const { path, location } of listed) {
    throwIfCancelled(signal);
    files.push({
      ...{ path, bytes: (await stat(location)).size, hash: await hashOf(location) },
      open: () => openAsBlob(location),
    });
    session.status(`Looking at the files  ${files.length}/${listed.length}`);
  }
  if (files.length === 0)
    throw new CoreError("bad-input", {
      what: `There is no file in ${name}.`,
      fix: "Give a folder of pictures.",
    });
  return { isFolder, pictures: files };
}

/**
 * Brings pictures to a data set of a server: it is told their hashes, and only what it lacks travels; then it reads them in.
 * @param options.files of `localFiles`.
 * @returns what came of it. @throws CoreError what the server refuses, in its words
 */
export async function sendPictures(
  session: Session,
  client: ServerClient,
  {
    dataset,
    files,
    labelsFrom,
  }: {
    readonly dataset: string;
    readonly files: readonly FileToSend[];
    readonly labelsFrom?: Upload["labelsFrom"];
  },
): Promise<Upload> {
  const { api, url } = client;
  const { signal } = session;
  try {
    const upload = await api.uploads.create.mutate({ dataset, ...(labelsFrom ? { labelsFrom } : {}) });
    await sendFiles(session, client, { upload: upload.id, files });
    await api.uploads.finish.mutate({ upload: upload.id }, { signal });
    return await imported(session, client, upload.id);
  } catch (error) {
    throw asCoreError(error, url);
  }
}

const IMPORT_TEXT = {
  unpacking: "Unpacking there",
  looking: "Looking at the images there",
  "taking-in": "Taking them in",
} as const;

/** Waits until a server has read an upload in. @throws CoreError why it refused it */
export async function imported(session: Session, { api }: ServerClient, id: string): Promise<Upload> {
  for (;;) {
    throwIfCancelled(session.signal);
    const upload = await api.uploads.get.query({ upload: id });
    if (upload.error)
      throw new CoreError(upload.error.code === "internal" ? "unsupported" : upload.error.code, {
        ...(upload.error.parts ?? { what: upload.error.message }),
      });
    if (upload.state === "done") {
      session.clear();
      return upload;
    }
    const { progress } = upload;
    if (progress) {
      const amount = progress.total > 0 ? `  ${progress.done}/${progress.total}` : "";
      session.status(`${IMPORT_TEXT[progress.phase]}${progress.phase === "unpacking" ? "" : amount}`);
    }
    await new Promise((resolveWait) => setTimeout(resolveWait, ASK_MS));
  }
}
