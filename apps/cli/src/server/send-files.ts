import { throwIfCancelled } from "@graft/core";
import { byteSize } from "../output/text.ts";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { Patience } from "./patience.ts";

/** A file that is to come to a server. */
export interface FileToSend {
  /** Its name there, "/" between folders. */
  readonly path: string;
  readonly bytes: number;
  /** sha256, hex. */
  readonly hash: string;
  /** Its bytes, read when they travel. */
  open(): Promise<Blob>;
}

/** Files that one call may name; the server takes no more. */
const PLANNED = 1000;
/** Of files up to this size a server keeps no beginnings: they are not asked for at first. */
const SENT_WHOLE_BYTES = 4 * 2 ** 20;
/** Files under way at once. */
const AT_ONCE = 4;

/** How many bytes of a file a server has. */
async function sentOf(client: ServerClient, path: string, signal: AbortSignal): Promise<number> {
  const answer: unknown = await (await client.bytes(path, { signal })).json();
  return typeof answer === "object" && answer !== null && "bytes" in answer ? Number(answer.bytes) : 0;
}

/**
 * Sends one file; what of a large one is there already stays, also when the connection breaks.
 * @throws CoreError `corrupt` for one that changes meanwhile.
 */
async function sendFile(
  client: ServerClient,
  {
    upload,
    file,
    patience,
  }: { readonly upload: string; readonly file: FileToSend; readonly patience: Patience },
  signal: AbortSignal,
): Promise<void> {
  const path = `/uploads/${upload}/blobs/${file.hash}`;
  // of a small file nothing was kept before, unless a try broke off
  let isNew = file.bytes <= SENT_WHOLE_BYTES;
  let before = 0;
  await patience.with(async () => {
    const have = isNew ? 0 : await sentOf(client, path, signal);
    isNew = false;
    // it breaks off again and again, and gets on all the same
    if (have > before) patience.heard();
    before = have;
    await client.bytes(`${path}?offset=${have}`, {
      method: "PUT",
      headers: { "content-type": "application/octet-stream" },
      body: (await file.open()).slice(have),
      signal,
    });
  });
}

/**
 * Names files of an upload to a server, and sends what it lacks of them.
 * @throws CoreError `cancelled`, what the server refuses; tRPC's errors (`asCoreError`).
 */
export async function sendFiles(
  session: Session,
  client: ServerClient,
  { upload, files }: { readonly upload: string; readonly files: readonly FileToSend[] },
): Promise<void> {
  const patience = new Patience(session, client.url);
  const missing = new Set<string>();
  for (let at = 0; at < files.length; at += PLANNED) {
    throwIfCancelled(session.signal);
    const some = files.slice(at, at + PLANNED).map(({ path, hash, bytes }) => ({ path, hash, bytes }));
    const plan = await patience.with(() => client.api.uploads.plan.mutate({ upload, files: some }));
    for (const hash of plan.missing) missing.add(hash);
  }
  const sent = [
    ...new Map(files.filter(({ hash }) => missing.has(hash)).map((file) => [file.hash, file])).values(),
  ];
  await sendAll(session, client, { upload, files: sent, patience });
  const known = files.length - sent.length;
  const told = sent.length === 1 ? "Sent 1 file" : `Sent ${sent.length} files`;
  session.notice(known > 0 ? `${told}; the server had ${known} already.` : `${told}.`);
}

async function sendAll(
  session: Session,
  client: ServerClient,
  {
    upload,
    files,
    patience,
  }: { readonly upload: string; readonly files: readonly FileToSend[]; readonly patience: Patience },
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let [next, bytes, done] = [0, 0, 0];
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file; file = files[next++]) {
      throwIfCancelled(session.signal);
      await sendFile(client, { upload, file, patience }, session.signal);
      bytes += file.bytes;
      done++;
      session.status(`Sending  ${done}/${files.length} files  ${byteSize(bytes)} of ${byteSize(total)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
