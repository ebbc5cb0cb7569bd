import { once } from "node:events";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { rootCertificates } from "node:tls";
import { CoreError, certificateTrouble, deserializeError, serializedErrorSchema } from "@graft/core";
import * as z from "zod";
import type { BackupManifest } from "./archive/backup-form.ts";
import { type PlaceBackupOptions, placeBackup } from "./place-backup.ts";

export interface BackupServer {
  /** "http://127.0.0.1:4700" */
  readonly url: string;
  /** An admin's. */
  readonly token: string;
  /** Certificates (PEM) that it is believed by, beside those that Node believes. */
  readonly ca?: string | undefined;
}

const refusalSchema = z.object({ error: serializedErrorSchema });

function offline(url: string, cause: unknown): CoreError {
  const received = cause instanceof Error && cause.message !== "" ? cause.message : "no answer";
  const fix = "Check that `graft serve` runs there and that this computer can reach it.";
  return new CoreError("offline", { what: `The server ${url} does not answer.`, received, fix }, { cause });
}

async function ask({ url, token, ca }: BackupServer, signal?: AbortSignal): Promise<IncomingMessage> {
  const request = url.startsWith("https:") ? requestTls : requestPlain;
  const asked = request(`${url}/api/v1/system/backup`, {
    headers: { authorization: `Bearer ${token}` },
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    ...(signal === undefined ? {} : { signal }),
  });
  asked.end();
  try {
    const answered: unknown[] = await once(asked, "response");
    const [answer] = answered;
    if (isAnswer(answer)) return answer;
    throw new TypeError("a request was answered by nothing");
  } catch (cause) {
    if (signal?.aborted) throw new CoreError("cancelled", { what: "The work was cancelled." });
    throw certificateTrouble(url, cause, { hasCa: ca !== undefined }) ?? offline(url, cause);
  }
}

const isAnswer = (value: unknown): value is IncomingMessage =>
  typeof value === "object" && value !== null && "statusCode" in value;

async function refusal(answer: IncomingMessage, url: string): Promise<Error> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece);
  try {
    return deserializeError(refusalSchema.parse(JSON.parse(Buffer.concat(pieces).toString("utf8"))).error);
  } catch {
    return offline(url, new Error(`HTTP ${answer.statusCode}`));
  }
}

async function* received(answer: IncomingMessage, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* answer;
  } catch (cause) {
    const fix = "Look at the server's log, and try again. Nothing was kept of it.";
    throw new CoreError("offline", { what: `The server ${url} broke the backup off.`, fix }, { cause });
  }
}

/**
 * Takes a backup from a server while it serves.
 * @throws CoreError what the server says no with, `offline`, as `placeBackup`.
 */
export async function fetchBackup(
  path: string,
  server: BackupServer,
  options: PlaceBackupOptions,
): Promise<BackupManifest> {
  const answer = await ask(server, options.signal);
  if (answer.statusCode !== 200) throw await refusal(answer, server.url);
  const bytes = Number(answer.headers["content-length"]);
  return placeBackup(path, received(answer, server.url), { ...options, bytes });
}
