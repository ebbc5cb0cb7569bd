/** What went wrong, as a closed list: apps map codes to exit codes and API codes in one place each. */
export type ErrorCode =
  | "bad-input" // a value, file or flag that cannot be used as it is
  | "not-found" // a path, run, model or name that does not exist
  | "unsupported" // understood, but this part cannot do it
  | "corrupt" // data that does not match its checksum, format or length
  | "limit" // larger than a stated limit
  | "weights-mismatch" // weights that do not fit the trunk
  | "diverged" // a loss that is not a finite number
  | "backend" // an engine failed or is not usable
  | "offline" // the network was needed and did not answer
  | "disk-full" // the disk (or its quota) has no room
  | "unreadable" // files that cannot be read or written for now: a disk, a network drive or a folder is in trouble, not one file
  | "conflict" // something is in the way: an existing target, a live run
  | "unauthorized" // a server knows nobody by what was shown: no token, one that ended or was revoked; or a server by its certificate
  | "forbidden" // a server knows the caller, whose role does not allow this
  | "busy" // a server takes no more for now: too many requests, or too much under way
  | "cancelled"; // stopped by the caller's signal

/** Facts are plain JSON, so that an error crosses a worker or a network boundary and keeps its meaning. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** An error's form on the wire; see {@link serializeError}. */
export interface SerializedError {
  readonly name: string;
  readonly code: ErrorCode | "internal";
  readonly message: string;
  readonly facts: ErrorFacts;
  /** Of an error that graft throws on purpose; an older graft wrote the message alone. */
  readonly parts?: ErrorParts;
  /** Of a defect, for who mends it; people are not shown it. */
  readonly stack?: string;
}

/** The four parts of every message: what failed, what was received, what was expected, what to do. */
export interface ErrorParts {
  readonly what: string;
  readonly received?: string;
  readonly expected?: string;
  readonly fix?: string;
}

/** The sentence of {@link ErrorParts}: `what Received: … Expected: … fix`. */
export function errorText({ what, received, expected, fix }: ErrorParts): string {
  const parts = [what];
  if (received !== undefined) parts.push(`Received: ${received}.`);
  if (expected !== undefined) parts.push(`Expected: ${expected}.`);
  if (fix !== undefined) parts.push(fix);
  return parts.join(" ");
}

/** Base of every error that graft throws on purpose. Anything else that is thrown is a defect. */
export class CoreError extends Error {
  override name = "CoreError";
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  /** What the message is made of; an edge may say it in its own words. */
  readonly parts: ErrorParts;

  constructor(code: ErrorCode, parts: ErrorParts, options: { facts?: ErrorFacts; cause?: unknown } = {}) {
    super(errorText(parts), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.parts = parts;
    this.facts = options.facts ?? {};
  }
}

/** Turns anything thrown into plain data; an error that is not a {@link CoreError} becomes code `internal`. */
export function serializeError(error: unknown): SerializedError {
  if (error instanceof CoreError) {
    const { name, code, message, facts, parts } = error;
    return { name, code, message, facts, parts };
  }
  if (!(error instanceof Error))
    return { name: "Error", code: "internal", message: String(error), facts: {} };
  const { name, message, stack } = error;
  return { name, code: "internal", message, facts: {}, ...(stack === undefined ? {} : { stack }) };
}

/** The error a {@link SerializedError} was made from, with its code and facts. */
export function deserializeError(data: SerializedError): Error {
  if (data.code === "internal") {
    const stack = data.stack === undefined ? {} : { stack: data.stack };
    return Object.assign(new Error(data.message), { name: data.name, ...stack });
  }
  const error = new CoreError(data.code, data.parts ?? { what: data.message }, { facts: data.facts });
  error.name = data.name;
  return error;
}

/**
 * Why a host stops work: to go on with it later ("interrupt": Ctrl-C, a machine that is shut down), or for good ("cancel").
 * Given to `AbortController.abort`; any other reason, and none, mean "interrupt".
 */
export type StopReason = "interrupt" | "cancel";

/** True for work that was stopped for good. */
export function isCancelled(signal: AbortSignal | undefined): boolean {
  const cancel: StopReason = "cancel";
  return signal?.aborted === true && signal.reason === cancel;
}

/** Throws the `cancelled` error when the signal is aborted. Called once a step by everything that takes a signal. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new CoreError("cancelled", { what: "The work was cancelled." }, { cause: signal.reason });
}
