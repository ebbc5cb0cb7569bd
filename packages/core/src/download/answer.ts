import { CoreError, throwIfCancelled } from "../errors.ts";
import type { Fetch } from "./types.ts";

/** A request that has an answer: its headers are there, its body may still fail or stall. */
export interface Answer {
  readonly response: Response;
  /** Ends the transfer; what is left of the body is thrown away. */
  abort(): void;
  /** Must be called when nothing more is read: it lets go of the caller's signal. */
  release(): void;
}

export interface AskOptions {
  readonly fetch: Fetch;
  readonly headers?: Readonly<Record<string, string>>;
  /** Time until the headers must be there, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What the reader of an error can do. */
  readonly fix: string;
}

/** The words of a failed fetch that say why: fetch itself only says "fetch failed". */
export function networkReason(error: unknown): string {
  const reasons: string[] = [];
  for (let at: unknown = error; at instanceof Error && reasons.length < 5; at = at.cause) {
    const inner = at instanceof AggregateError ? at.errors.map(String).join(", ") : at.message;
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    reasons.push(inner.includes(code) ? inner : `${code} ${inner}`.trim());
  }
  return reasons.filter((text) => text !== "fetch failed").at(-1) ?? String(error);
}

/** @throws CoreError `bad-input` for anything but a plain http or https address. */
export function checkUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isWeb = parsed?.protocol === "http:" || parsed?.protocol === "https:";
  if (parsed && isWeb && parsed.username === "" && parsed.password === "") return parsed;
  throw new CoreError("bad-input", {
    what: "graft cannot download from this address.",
    // a password in an address must not get into logs
    received: parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : url,
    expected: "an http:// or https:// address without a user name or password",
  });
}

/**
 * Sends a GET and waits for the answer's headers. Content encodings are refused, so lengths and ranges count the bytes
 * that are received.
 * @throws CoreError `offline` when nothing answers in time or the network fails, `cancelled`, `bad-input` for an address
 * that is no http(s).
 */
export async function ask(url: string, options: AskOptions): Promise<Answer> {
  const { fetch, headers = {}, timeoutMs, signal, fix } = options;
  const { host } = checkUrl(url);
  throwIfCancelled(signal);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  signal?.addEventListener("abort", abort, { once: true });
  const release = (): void => signal?.removeEventListener("abort", abort);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, timeoutMs);
  try {
    const response = await fetch(url, {
      headers: { "accept-encoding": "identity", ...headers },
      signal: controller.signal,
    });
    return { response, abort, release };
  } catch (cause) {
    release();
    throwIfCancelled(signal);
    const reason = late ? `no answer from ${host} within ${timeoutMs / 1000} s` : networkReason(cause);
    const what = `${url} cannot be reached.`;
    throw new CoreError("offline", { what, received: reason, fix }, { cause, facts: { url, reason } });
  } finally {
    clearTimeout(timer);
  }
}
