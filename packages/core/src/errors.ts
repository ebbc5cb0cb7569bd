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
  | "cancelled"; // stopped by the caller's signal

/** Facts are plain JSON, so that an error crosses a worker or a network boundary and keeps its meaning. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/** An error's form on the wire; see {@link serializeError}. */
export interface SerializedError {
  readonly name: string;
  readonly code: ErrorCode | "internal";
  readonly message: string;
  readonly facts: ErrorFacts;
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

  constructor(code: ErrorCode, parts: ErrorParts, options: { facts?: ErrorFacts; cause?: unknown } = {}) {
    super(errorText(parts), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/** Turns anything thrown into plain data; an error that is not a {@link CoreError} becomes code `internal`. */
export function serializeError(error: unknown): SerializedError {
  if (error instanceof CoreError) {
    return { name: error.name, code: error.code, message: error.message, facts: error.facts };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { name: error instanceof Error ? error.name : "Error", code: "internal", message, facts: {} };
}

/** The error a {@link SerializedError} was made from, with its code and facts. */
export function deserializeError(data: SerializedError): Error {
  if (data.code === "internal") return Object.assign(new Error(data.message), { name: data.name });
  const error = new CoreError(data.code, { what: data.message }, { facts: data.facts });
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
