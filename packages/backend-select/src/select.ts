/** The choice of a backend, for every platform: ordered candidates, each of which gives a backend or a reason. */
import {
  type Backend,
  type BackendKind,
  CoreError,
  type Refusal,
  type SelectedBackend,
  throwIfCancelled,
} from "@graft/core";
import type { Contest } from "./contest.ts";
import type { BackendProbe, SelectRequest } from "./types.ts";
import { untilAborted } from "./until-aborted.ts";

/** One engine on one kind of device. `Context` is what the platform opens it with. */
export interface Candidate<Context> {
  readonly id: string;
  readonly kind: BackendKind;
  /** False for what is only used when it is asked for by its id. */
  readonly automatic: boolean;
  /** Why it is not here, by the look of it, when that is certain enough not to load anything. */
  readonly absent: (context: Context) => string | undefined;
  /** @throws CoreError `backend` with the reason. */
  readonly open: (context: Context) => Promise<Backend>;
}

/** How candidates are tried. */
export interface Trial<Context> {
  readonly context: Context;
  /** False: nothing is ruled out by the look of it alone, so that the reason is the driver's own. */
  readonly looksFirst: boolean;
  /** @returns why a backend that was opened computes wrong. */
  readonly check: (backend: Backend) => Promise<string | undefined>;
  readonly signal?: AbortSignal | undefined;
}

export interface Choice<Context> extends Trial<Context> {
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate<Context>[];
  /** A kind or an id. @default the fastest usable */
  readonly wanted?: string | undefined;
  /** Where the order alone does not say what is fastest. */
  readonly contest?: Contest | undefined;
  /** What to do where nothing can be used at all. */
  readonly fix: string;
}

const KINDS: readonly BackendKind[] = ["cuda", "webgpu", "cpu", "wasm"];

const namesOf = (candidates: readonly Pick<Candidate<unknown>, "id">[]): string =>
  `${KINDS.join(", ")}, or one of ${candidates.map(({ id }) => id).join(", ")}`;

/** @throws CoreError `bad-input` for a name that nothing has. */
export function candidatesFor<Named extends Pick<Candidate<unknown>, "id" | "kind" | "automatic">>(
  wanted: string | undefined,
  candidates: readonly Named[],
): readonly Named[] {
  const automatic = candidates.filter((candidate) => candidate.automatic);
  if (wanted === undefined) return automatic;
  const named = candidates.filter(({ id }) => id === wanted);
  if (named.length > 0) return named;
  const ofKind = automatic.filter(({ kind }) => kind === wanted);
  if (ofKind.length > 0) return ofKind;
  throw new CoreError("bad-input", {
    what: "There is no such backend.",
    received: wanted,
    expected: namesOf(candidates),
  });
}

/** @throws CoreError `bad-input` for what is no number of threads. */
export function checkThreads({ threads }: Pick<SelectRequest, "threads">): void {
  if (threads === undefined || (Number.isSafeInteger(threads) && threads >= 1)) return;
  throw new CoreError("bad-input", {
    what: "This is not a number of threads.",
    received: String(threads),
    expected: "a whole number, 1 or more",
  });
}

/**
 * The candidate's backend, opened and checked, or why it cannot be used.
 * @throws CoreError `cancelled`; a backend that opens after that is closed again.
 */
export async function tryCandidate<Context>(
  candidate: Candidate<Context>,
  { context, looksFirst, check, signal }: Trial<Context>,
): Promise<Backend | string> {
  throwIfCancelled(signal);
  const absent = looksFirst ? candidate.absent(context) : undefined;
  if (absent !== undefined) return absent;
  let backend: Backend;
  try {
    backend = await untilAborted(candidate.open(context), signal, (late) => late.dispose());
  } catch (error) {
    throwIfCancelled(signal);
    return error instanceof Error ? error.message : String(error); // engines throw what they like
  }
  try {
    const reason = await untilAborted(check(backend), signal);
    if (reason === undefined) return backend;
    await backend.dispose();
    return reason;
  } catch (error) {
    await backend.dispose();
    throw error;
  }
}

function nothingUsable<Context>(
  { wanted, candidates, fix }: Choice<Context>,
  refusals: readonly Refusal[],
): CoreError {
  const reasons = refusals
    .map(({ id, reason }) => `${id}: ${reason}`)
    .join("\n  ")
    .replace(/\.$/, "");
  return new CoreError(
    "backend",
    {
      what: `${wanted === undefined ? "No backend can" : `The backend ${wanted} cannot`} be used on this machine.`,
      received: `\n  ${reasons}`,
      fix:
        wanted === undefined
          ? fix
          : `You asked for it, so graft uses nothing else in its place. Others: ${namesOf(candidates)}.`,
    },
    { facts: { refusals } },
  );
}

/**
 * Opens the first candidate that works, or of a kind that holds a contest the fastest. What is asked for by name never
 * falls back to another kind.
 * @returns the backend, which the caller disposes of, and why others were not taken.
 * @throws CoreError `bad-input` for an unknown name, `cancelled`, `backend` with every reason when nothing that may be used can be.
 */
export async function chooseBackend<Context>(choice: Choice<Context>): Promise<SelectedBackend> {
  const { contest } = choice;
  const left = [...candidatesFor(choice.wanted, choice.candidates)];
  const refusals: Refusal[] = [];
  while (left.length > 0) {
    const kind = left[0]?.kind;
    const isContest = contest !== undefined && kind === contest.kind;
    const several = isContest ? left.filter((other) => other.kind === kind) : left.slice(0, 1);
    for (const taken of several) left.splice(left.indexOf(taken), 1);
    const [only] = several;
    if (several.length > 1 && contest) {
      const { backend, refusals: lost } = await contest.hold(several, (candidate) =>
        tryCandidate(candidate, choice),
      );
      refusals.push(...lost);
      if (backend) return { backend, refusals };
    } else if (only) {
      const tried = await tryCandidate(only, choice);
      if (typeof tried !== "string") return { backend: tried, refusals };
      refusals.push({ id: only.id, kind: only.kind, reason: tried });
    }
  }
  throw nothingUsable(choice, refusals);
}

/** Looks at every candidate, one after the other: opened, checked and closed again. */
export async function* probeCandidates<Context>(
  candidates: readonly Candidate<Context>[],
  trial: Trial<Context>,
): AsyncGenerator<BackendProbe> {
  for (const candidate of candidates) {
    const { id, kind } = candidate;
    const tried = await tryCandidate(candidate, trial);
    if (typeof tried === "string") {
      yield { id, kind, usable: false, reason: tried };
    } else {
      const { device } = tried;
      await tried.dispose();
      yield { id, kind, usable: true, device, automatic: candidate.automatic && device.software !== true };
    }
  }
}
