import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { CoreError } from "../errors.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { syncFolder } from "../files/sync-folder-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { PartFile } from "./part-file-node.ts";
import { Silence } from "./silence.ts";
import { Interruption, transfer } from "./transfer-node.ts";
import type { ByteProgress, Fetch } from "./types.ts";

export interface DownloadOptions {
  readonly url: string;
  /** Path of the file; its folder is made. */
  readonly target: string;
  readonly fetch: Fetch;
  /** Checksums in hexadecimal digits. */
  readonly sha256?: string;
  readonly md5?: string;
  /** Longest wait for the server's first word, in milliseconds. @default 5000 */
  readonly answerTimeoutMs?: number;
  /** Longest pause while data comes, in milliseconds. @default 20000 */
  readonly stallTimeoutMs?: number;
  /**
   * Longest time without a new byte, in milliseconds, over all attempts: after it nothing is tried any more.
   * @default twice stallTimeoutMs, 40000
   */
  readonly silenceTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ByteProgress) => void) | undefined;
  /** What an error tells the reader to do. @default the proxy variables, and to put the file there by hand */
  readonly fix?: string;
}

/** Attempts to go on after interruptions; one that brings nothing new is the last. */
const MAX_ATTEMPTS = 10;

function noRoom(target: string, received: string, cause?: unknown): CoreError {
  const what = `There is no room on the disk for ${target}.`;
  const fix = "Free some space and try again; what has been downloaded is kept.";
  return diskFull({ what, received, fix }, cause, { target, reason: "there is no room on the disk" });
}

/** The meaning of a file system's error. */
function writeError(error: unknown, target: string): unknown {
  const code = codeOf(error);
  if (isDiskFull(error)) return noRoom(target, code, error);
  if (["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EEXIST", "EISDIR", "ENAMETOOLONG"].includes(code)) {
    const what = `${target} cannot be written.`;
    const fix = "Choose a folder that you may write to (`home` or GRAFT_HOME).";
    const received = error instanceof Error ? error.message : code;
    return new CoreError("bad-input", { what, received, fix }, { cause: error });
  }
  return error;
}

/** @throws CoreError `disk-full` before the disk is filled, where the system tells how much is free. */
async function ensureRoom(target: string, bytes: number): Promise<void> {
  const stats = await statfs(dirname(target)).catch(() => undefined);
  if (stats && stats.bavail * stats.bsize < bytes)
    throw noRoom(target, `${bytes} bytes to write, ${stats.bavail * stats.bsize} free`);
}

async function transferAll(part: PartFile, options: DownloadOptions, fix: string): Promise<void> {
  const { url, target, fetch, signal, onProgress, sha256, md5 } = options;
  const { answerTimeoutMs = 5000, stallTimeoutMs = 20_000, silenceTimeoutMs = 2 * stallTimeoutMs } = options;
  const isChecked = sha256 !== undefined || md5 !== undefined;
  using silence = new Silence({ limitMs: silenceTimeoutMs, attempts: MAX_ATTEMPTS, onProgress });
  const once = { url, fetch, signal, silence, fix, answerTimeoutMs, stallTimeoutMs, isChecked };
  for (let attempt = 1; ; attempt++) {
    const before = part.size;
    silence.attempt = attempt;
    try {
      return await transfer(part, once, (bytes) => ensureRoom(target, bytes));
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      if (attempt < MAX_ATTEMPTS && part.size > before && silence.leftMs() > 0) continue;
      const what = `The download of ${url} broke off.`;
      const received = `${error.message}, after ${part.size} bytes`;
      throw new CoreError(
        "offline",
        { what, received, fix: `Run the same command again to continue from there. ${fix}` },
        { cause: error, facts: { url, reason: error.message } },
      );
    }
  }
}

async function digest(path: string, algorithm: "md5" | "sha256"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The first checksum that is wrong, in words. */
async function wrongChecksum(
  part: PartFile,
  expected: Pick<DownloadOptions, "sha256" | "md5">,
): Promise<{ readonly received: string; readonly expected: string } | undefined> {
  for (const algorithm of ["sha256", "md5"] as const) {
    const wanted = expected[algorithm];
    if (wanted === undefined) continue;
    const found = await digest(part.path, algorithm);
    if (found !== wanted.toLowerCase())
      return { received: `${algorithm} ${found} of ${part.size} bytes`, expected: `${algorithm} ${wanted}` };
  }
  return undefined;
}

/** Syncs and renames, so that the target is whole or absent whatever happens. */
async function place(part: PartFile, target: string): Promise<void> {
  await part.sync();
  await rename(part.path, target);
  await part.forget();
  // the file is whole and in its place, whatever the folder's file system says to this
  await syncFolder(dirname(target)).catch(() => undefined);
}

/**
 * Downloads a file. It grows in TARGET.part and is renamed when it is whole and its checksum right; after an interruption
 * or a kill the same call goes on where it stopped, if the server still has the same file (If-Range).
 *
 * @throws CoreError `offline` when the server does not answer, stalls or refuses; `not-found` (404); `corrupt` for a wrong
 * checksum (the file is removed); `disk-full`; `bad-input` for an address or a folder that cannot be used; `cancelled`
 * (what came is kept).
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, target } = options;
  const fix =
    options.fix ??
    `Check the connection; behind a proxy, set HTTPS_PROXY; or download it by hand and save it as ${target}.`;
  try {
    await makeFolder(dirname(target));
    await using part = await PartFile.claim(target);
    const wasResumed = part.size > 0;
    await transferAll(part, options, fix);
    let wrong = await wrongChecksum(part, options);
    if (wrong && wasResumed) {
      // the older beginning may be what is wrong (a power cut, another version): once more, whole
      await part.restart({ url });
      await transferAll(part, options, fix);
      wrong = await wrongChecksum(part, options);
    }
    if (wrong) {
      await part.remove();
      const what = `The file from ${url} is not the expected one; it was removed.`;
      throw new CoreError(
        "corrupt",
        { what, ...wrong, fix },
        { facts: { url, ...wrong, reason: "the server sent a different file" } },
      );
    }
    await place(part, target);
  } catch (error) {
    throw error instanceof CoreError ? error : writeError(error, target);
  }
}
