import { type Backend, type BackendKind, CoreError } from "@graft/core";
import { probeAdapter } from "./adapter-probe-node.ts";
import { CANDIDATES, type Candidate, type OpenContext } from "./candidates-node.ts";
import { checkOnce } from "./passed-checks-node.ts";
import { selfCheck } from "./self-check/self-check.ts";
import { readSwitches } from "./switches.ts";
import type { BackendProbe, Refusal, SelectedBackend, SelectOptions } from "./types.ts";

/** How candidates are tried. */
interface Plan extends OpenContext {
  /** False: nothing is ruled out by the look of it alone, so that the reason is the driver's own. */
  readonly looksFirst: boolean;
  readonly check: (backend: Backend) => Promise<string | undefined>;
}

const KINDS: readonly BackendKind[] = ["cuda", "webgpu", "cpu", "wasm"];

/** @throws CoreError `bad-input` for a name that nothing has. */
function candidatesFor(wanted: string, candidates: readonly Candidate[]): readonly Candidate[] {
  const named = candidates.filter(({ id }) => id === wanted);
  if (named.length > 0) return named;
  const ofKind = candidates.filter(({ kind, automatic }) => kind === wanted && automatic);
  if (ofKind.length > 0) return ofKind;
  throw new CoreError("bad-input", {
    what: "There is no such backend.",
    received: wanted,
    expected: `${KINDS.join(", ")}, or one of ${candidates.map(({ id }) => id).join(", ")}`,
  });
}

/** Tells a wrong name before anything is opened. @throws CoreError `bad-input` for a name that no backend has. */
export function checkBackendName(wanted: string): void {
  candidatesFor(wanted, CANDIDATES);
}

/** Asks for the adapter once, when somebody needs it. */
function adapterOnce(env: NodeJS.ProcessEnv): OpenContext["adapter"] {
  let asked: ReturnType<typeof probeAdapter> | undefined;
  return () => {
    asked ??= probeAdapter(env);
    return asked;
  };
}

/** The candidate's backend, opened and checked, or why it cannot be used. */
async function tryCandidate(candidate: Candidate, plan: Plan): Promise<Backend | string> {
  const absent = plan.looksFirst ? candidate.absent(plan.home) : undefined;
  if (absent !== undefined) return absent;
  let backend: Backend;
  try {
    backend = await candidate.open(plan);
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // engines throw what they like
  }
  const reason = await plan.check(backend);
  if (reason === undefined) return backend;
  await backend.dispose();
  return reason;
}

function nothingUsable(wanted: string | undefined, refusals: readonly Refusal[]): CoreError {
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
          ? "graft doctor says more."
          : `It was asked for, so nothing else is used in its place. Others: ${KINDS.join(", ")}, or one of ${CANDIDATES.map(({ id }) => id).join(", ")}.`,
    },
    { facts: { refusals } },
  );
}

/**
 * Opens the fastest backend that works: cuda, webgpu (a real adapter), cpu, wasm, in the order of `CANDIDATES`. Each is
 * self-checked before its first use on a device.
 *
 * A kind or an id that is asked for (`backend`, else GRAFT_BACKEND) never falls back to another kind. An adapter that
 * only imitates a GPU is taken when webgpu is asked for and GRAFT_ALLOW_SOFTWARE_GPU=1.
 *
 * @returns the backend, which the caller disposes of, and why those before it were not taken.
 * @throws CoreError `bad-input` for an unknown name, `backend` with every reason when nothing that may be used can be.
 */
export function selectBackend(options: SelectOptions): Promise<SelectedBackend> {
  return selectFrom(CANDIDATES, options);
}

/** {@link selectBackend} among other candidates. */
export async function selectFrom(
  all: readonly Candidate[],
  { backend: asked, home, env }: SelectOptions,
): Promise<SelectedBackend> {
  const switches = readSwitches(env);
  const wanted = asked ?? switches.backend;
  const candidates =
    wanted === undefined ? all.filter(({ automatic }) => automatic) : candidatesFor(wanted, all);
  const plan: Plan = {
    home,
    env,
    allowSoftware: wanted !== undefined && switches.allowSoftwareGpu,
    looksFirst: wanted === undefined,
    adapter: adapterOnce(env),
    check: (backend) => checkOnce(backend, home),
  };
  const refusals: Refusal[] = [];
  for (const candidate of candidates) {
    const tried = await tryCandidate(candidate, plan);
    if (typeof tried !== "string") return { backend: tried, refusals };
    refusals.push({ id: candidate.id, kind: candidate.kind, reason: tried });
  }
  throw nothingUsable(wanted, refusals);
}

/**
 * Looks at every candidate, one after the other: opened, self-checked (whatever was remembered) and closed again.
 * What `graft doctor` shows; the first usable one that is `automatic` is what would be chosen.
 */
export async function* probeBackends(options: {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}): AsyncGenerator<BackendProbe> {
  const { home, env } = options;
  const plan: Plan = {
    home,
    env,
    allowSoftware: readSwitches(env).allowSoftwareGpu,
    looksFirst: false,
    adapter: adapterOnce(env),
    check: selfCheck,
  };
  for (const candidate of CANDIDATES) {
    const { id, kind } = candidate;
    const tried = await tryCandidate(candidate, plan);
    if (typeof tried === "string") {
      yield { id, kind, usable: false, reason: tried };
    } else {
      const { device } = tried;
      await tried.dispose();
      yield { id, kind, usable: true, device, automatic: candidate.automatic && device.software !== true };
    }
  }
}
