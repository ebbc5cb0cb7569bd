import { CoreError, throwIfCancelled } from "../errors.ts";
import { type Answer, ask, networkReason } from "./answer.ts";
import type { PartFile } from "./part-file-node.ts";
import type { Silence } from "./silence.ts";
import type { Fetch } from "./types.ts";

export interface TransferOptions {
  readonly url: string;
  readonly fetch: Fetch;
  /** True when a checksum will tell, so that a part may go on without the server's own word that the file is the same. */
  readonly isChecked: boolean;
  readonly answerTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Hears of all that comes, and says how much longer nothing may come. */
  readonly silence: Silence;
  readonly fix: string;
}

/** A transfer that ended early; what came is kept and another attempt goes on from there. */
export class Interruption extends Error {
  override name = "Interruption";
}

/** A strong ETag or a date: what If-Range takes (RFC 9110, 13.1.5). */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) return etag;
  return headers.get("last-modified") ?? undefined;
}

/** Length of the whole file, when the server says it. */
function totalOf({ status, headers }: Response): number | undefined {
  // fetch has taken an encoding off, so the length is not that of the bytes that come
  if (headers.get("content-encoding") !== null) return undefined;
  const text =
    status === 200 ? headers.get("content-length") : /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
  return text === null || text === undefined ? undefined : Number(text);
}

function refused({ url, fix }: TransferOptions, { status, statusText }: Response): CoreError {
  const received = `${status} ${statusText}`.trim();
  const facts = { url, status, reason: `the server answered ${received}` };
  return status === 404 || status === 410
    ? new CoreError("not-found", { what: `There is no file at ${url}.`, received, fix }, { facts })
    : new CoreError("offline", { what: `${url} was refused.`, received, fix }, { facts });
}

/** The headers that ask for the rest of a part; none when it cannot be known to belong to the file. */
async function rangeHeaders(part: PartFile, options: TransferOptions): Promise<Record<string, string>> {
  const origin = await part.origin();
  if (part.size === 0 || origin?.url !== options.url) return {};
  if (origin.validator === undefined && !options.isChecked) return {};
  const range = { range: `bytes=${part.size}-` };
  return origin.validator === undefined ? range : { ...range, "if-range": origin.validator };
}

/** Appends the body; a pause of stallTimeoutMs between two chunks ends it, or what is left of the silence before it. */
async function appendBody(
  { response, abort }: Answer,
  part: PartFile,
  total: number | undefined,
  options: TransferOptions,
): Promise<void> {
  const { stallTimeoutMs, signal, silence } = options;
  let stalled: number | undefined;
  const endAfter = (milliseconds: number): NodeJS.Timeout =>
    setTimeout(() => {
      stalled = milliseconds;
      abort();
    }, milliseconds);
  let timer = endAfter(Math.min(stallTimeoutMs, silence.leftMs()));
  const progress = (): void => silence.heard({ done: part.size, ...(total === undefined ? {} : { total }) });
  const reader = response.body?.getReader();
  try {
    progress();
    for (;;) {
      const next = await reader?.read().catch((cause: unknown) => {
        throwIfCancelled(signal);
        const text =
          stalled === undefined
            ? networkReason(cause)
            : `the server sent nothing for ${Math.ceil(stalled / 100) / 10} s`;
        throw new Interruption(text, { cause });
      });
      if (!next || next.done) break;
      await part.append(next.value);
      progress();
      clearTimeout(timer);
      timer = endAfter(stallTimeoutMs);
    }
  } finally {
    clearTimeout(timer);
    abort();
  }
  if (total !== undefined && part.size < total)
    throw new Interruption(`the connection ended after ${part.size} of ${total} bytes`);
}

/**
 * One attempt: asks for what the part lacks and appends it.
 * @throws Interruption when it ended early, CoreError `offline`, `not-found`, `disk-full`, `cancelled`; errors of the
 * file system as they are.
 */
export async function transfer(
  part: PartFile,
  options: TransferOptions,
  ensureRoom: (bytes: number) => Promise<void>,
): Promise<void> {
  const { url, silence } = options;
  const timeoutMs = Math.min(options.answerTimeoutMs, silence.leftMs());
  const range = await rangeHeaders(part, options);
  const answer = await ask(url, { ...options, headers: range, timeoutMs });
  try {
    const { response } = answer;
    const total = totalOf(response);
    const start = Number(
      /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN,
    );
    const goesOn = response.status === 206 && start === part.size;
    const isMisplaced = (response.status === 206 && !goesOn) || response.status === 416;
    if (isMisplaced && "range" in range) {
      answer.abort();
      if (response.status === 416 && total === part.size) return;
      // not the file that the part is of: from the beginning, which asks for no range
      await part.restart({ url });
      return await transfer(part, options, ensureRoom);
    }
    if (!goesOn && response.status !== 200) {
      answer.abort();
      throw refused(options, response);
    }
    if (!goesOn) {
      const validator = validatorOf(response);
      await part.restart(validator === undefined ? { url } : { url, validator });
    }
    if (total !== undefined) await ensureRoom(total - part.size);
    await appendBody(answer, part, total, options);
  } finally {
    answer.release();
  }
}
