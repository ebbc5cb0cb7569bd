import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { CoreError, nameFew, throwIfCancelled } from "@graft/core";
import { type ListedDataset, listDataset } from "@graft/core/node";
import type { Session } from "../session/session.ts";
import { asCoreError, type ServerClient } from "./client.ts";
import { Patience } from "./patience.ts";
import { type FileToSend, sendFiles } from "./send-files.ts";

/** How often a server is asked how far an import is. */
const ASK_MS = 400;

type Upload = Awaited<ReturnType<ServerClient["api"]["uploads"]["get"]["query"]>>;

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** Files of this computer that are to be a data set's, each with its hash; archives are unpacked here. */
export interface LocalFiles extends Pick<ListedDataset, "labelsFrom" | "labelOf">, AsyncDisposable {
  readonly pictures: readonly FileToSend[];
}

/**
 * The files of a folder or of an archive; of an archive so that only what a server lacks of it travels, as of a folder.
 * @param labelsFrom `--labels-from` as it was given.
 * @throws CoreError `bad-input` for what holds no file; as `listDataset`; `cancelled`.
 */
export async function localFiles(
  name: string,
  session: Session,
  labelsFrom: string | undefined,
): Promise<LocalFiles> {
  const { signal, context } = session;
  const listed = await listDataset(name, {
    ...{ home: context.environment.home, signal, labelsFrom },
    onProgress: (progress) => session.fetching("Unpacking", progress),
  });
  try {
    const pictures: FileToSend[] = [];
    for (const { path, location } of listed.files) {
      throwIfCancelled(signal);
      pictures.push({
        ...{ path, bytes: (await stat(location)).size, hash: await hashOf(location) },
        open: () => openAsBlob(location),
      });
      session.status(`Looking at the files  ${pictures.length}/${listed.files.length}`);
    }
    if (pictures.length === 0)
      throw new CoreError("bad-input", {
        what: `There is no file in ${name}.`,
        fix: "Give a folder of pictures.",
      });
    for (const { message } of listed.notes ?? []) session.notice(`Note: ${message}`);
    tellBroken(
      session,
      [...listed.broken, ...listed.closed].map(({ path, reason }) => ({ path, reason })),
    );
    const { labelOf, labelsFrom: from } = listed;
    return {
      ...{ pictures, labelsFrom: from, labelOf },
      [Symbol.asyncDispose]: () => listed[Symbol.asyncDispose](),
    };
  } catch (error) {
    await listed[Symbol.asyncDispose]();
    throw error;
  }
}

/** Says which files cannot be read, which stops nothing. @param count of all; `files` may be the first of them */
export function tellBroken(
  session: Session,
  files: readonly { readonly path: string; readonly reason: string }[],
  count = files.length,
): void {
  if (count === 0) return;
  const what = count === 1 ? "1 file cannot be read and is" : `${count} files cannot be read and are`;
  session.notice(
    `Note: ${what} left out: ${nameFew(files.map(({ path, reason }) => `${path} (${reason})`))}`,
  );
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
    readonly labelsFrom: ListedDataset["labelsFrom"];
  },
): Promise<Upload> {
  const { api, url } = client;
  const { signal } = session;
  try {
    const upload = await api.uploads.create.mutate({ dataset, ...labelsTold(labelsFrom) });
    await sendFiles(session, client, { upload: upload.id, files });
    await new Patience(session, url).with(() => api.uploads.finish.mutate({ upload: upload.id }, { signal }));
    return await imported(session, client, upload.id);
  } catch (error) {
    throw asCoreError(error, url);
  }
}

/** Where the labels are, as a server is told. */
function labelsTold(from: ListedDataset["labelsFrom"]) {
  if (from === undefined) return {};
  if (from.type !== "file") return { labelsFrom: from.type };
  const { path, column } = from;
  return { labelTable: { path, ...(column === undefined ? {} : { column }) } };
}

const IMPORT_TEXT = {
  unpacking: "Unpacking there",
  looking: "Looking at the images there",
  "taking-in": "Taking them in",
} as const;

/** Waits until a server has read an upload in. @throws CoreError why it refused it */
export async function imported(session: Session, { api, url }: ServerClient, id: string): Promise<Upload> {
  const patience = new Patience(session, url);
  for (;;) {
    const upload = await patience.with(() => api.uploads.get.query({ upload: id }));
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
