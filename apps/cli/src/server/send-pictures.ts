import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { CoreError, throwIfCancelled } from "@graft/core";
import { walkFolder } from "@graft/core/node";
import { byteSize } from "../output/text.ts";
import type { Session } from "../session/session.ts";
import { asCoreError, type ServerClient } from "./client.ts";

/** A file that is to come to a server. */
interface LocalFile {
  /** Its name there, "/" between folders. */
  readonly path: string;
  /** Where it lies here. */
  readonly location: string;
  readonly bytes: number;
  readonly hash: string;
}

/** Files that one call may name; the server takes no more. */
const PLANNED = 1000;
/** Files under way at once. */
const AT_ONCE = 4;
/** How often a server is asked how far an import is. */
const ASK_MS = 400;

type Upload = Awaited<ReturnType<ServerClient["api"]["uploads"]["get"]["query"]>>;

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** A folder's files, or an archive as one file; each with its hash. */
async function localFiles(name: string, session: Session): Promise<readonly LocalFile[]> {
  const { signal } = session;
  const root = resolve(name);
  const isFolder = (await stat(root)).isDirectory();
  const listed = isFolder
    ? (await walkFolder(root, { signal, home: session.context.environment.home })).files
    : [{ path: basename(root), location: root }];
  const files: LocalFile[] = [];
  for (const { path, location } of listed) {
    throwIfCancelled(signal);
    files.push({ path, location, bytes: (await stat(location)).size, hash: await hashOf(location) });
    session.status(`Looking at the files  ${files.length}/${listed.length}`);
  }
  return files;
}

/** How many bytes of a file a server has. */
async function sentOf(client: ServerClient, path: string): Promise<number> {
  const answer: unknown = await (await client.bytes(path)).json();
  return typeof answer === "object" && answer !== null && "bytes" in answer ? Number(answer.bytes) : 0;
}

/** Sends one file; what of a large one is there already stays. @throws CoreError `corrupt` for one that changes meanwhile. */
async function sendFile(
  client: ServerClient,
  upload: string,
  file: LocalFile,
  signal: AbortSignal,
): Promise<void> {
  const path = `/uploads/${upload}/blobs/${file.hash}`;
  const have = await sentOf(client, path);
  const blob = (await openAsBlob(file.location)).slice(have);
  await client.bytes(`${path}?offset=${have}`, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: blob,
    signal,
  });
}

/**
 * Brings pictures to a data set of a server: it is told their hashes, and only what it lacks travels; then it reads them in.
 * @param name a folder or an archive.
 * @returns what came of it. @throws CoreError what the server refuses, in its words
 */
export async function sendPictures(
  session: Session,
  client: ServerClient,
  {
    dataset,
    name,
    labelsFrom,
  }: { readonly dataset: string; readonly name: string; readonly labelsFrom?: Upload["labelsFrom"] },
): Promise<Upload> {
  const { api, url } = client;
  const { signal } = session;
  const files = await localFiles(name, session);
  if (files.length === 0)
    throw new CoreError("bad-input", {
      what: `There is no file in ${name}.`,
      fix: "Give a folder of pictures.",
    });
  try {
    const upload = await api.uploads.create.mutate({ dataset, ...(labelsFrom ? { labelsFrom } : {}) });
    const missing = new Set<string>();
    for (let at = 0; at < files.length; at += PLANNED) {
      const some = files.slice(at, at + PLANNED).map(({ path, hash, bytes }) => ({ path, hash, bytes }));
      const plan = await api.uploads.plan.mutate({ upload: upload.id, files: some });
      for (const hash of plan.missing) missing.add(hash);
    }
    const sent = [
      ...new Map(files.filter(({ hash }) => missing.has(hash)).map((file) => [file.hash, file])).values(),
    ];
    await sendAll(session, client, { upload: upload.id, files: sent });
    const known = files.length - sent.length;
    if (known > 0) session.notice(`Sent ${sent.length} files; the server had ${known} already.`);
    await api.uploads.finish.mutate({ upload: upload.id }, { signal });
    return await imported(session, client, upload.id);
  } catch (error) {
    throw asCoreError(error, url);
  }
}

async function sendAll(
  session: Session,
  client: ServerClient,
  { upload, files }: { readonly upload: string; readonly files: readonly LocalFile[] },
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let [next, bytes, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file; file = files[next++]) {
      throwIfCancelled(session.signal);
      await sendFile(client, upload, file, session.signal);
      bytes += file.bytes;
      done++;
      session.status(`Sending  ${done}/${files.length} files  ${byteSize(bytes)} of ${byteSize(total)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
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
