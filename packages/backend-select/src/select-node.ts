import type { SelectedBackend } from "@graft/core";
import { probeAdapter } from "./adapter-probe-node.ts";
import { CANDIDATES, type NodeCandidate, type NodeContext } from "./candidates-node.ts";
import { passedChecksOf, platformFacts } from "./passed-checks-node.ts";
import { candidatesFor, checkThreads, chooseBackend, probeCandidates } from "./select.ts";
import { checkOnce } from "./self-check/check-once.ts";
import { selfCheck } from "./self-check/self-check.ts";
import { readSwitches } from "./switches.ts";
import type { BackendProbe, SelectOptions, UsableBackend } from "./types.ts";

/** Tells a wrong name before anything is opened. @throws CoreError `bad-input` for a name that no backend has. */
export function checkBackendName(wanted: string): void {
  candidatesFor(wanted, CANDIDATES);
}

/** Asks for the adapter once, when somebody needs it. */
function adapterOnce(...asking: Parameters<typeof probeAdapter>): NodeContext["adapter"] {
  let asked: ReturnType<typeof probeAdapter> | undefined;
  return () => {
    asked ??= probeAdapter(...asking);
    return asked;
  };
}

/**
 * Opens the fastest backend that works: cuda, webgpu (a real adapter), cpu, wasm, in the order of `CANDIDATES`. Each is
 * self-checked before its first use on a device.
 *
 * A kind or an id that is asked for (`backend`, else GRAFT_BACKEND) never falls back to another kind. An adapter that
 * only imitates a GPU is taken when webgpu is asked for and GRAFT_ALLOW_SOFTWARE_GPU=1.
 *
 * @returns the backend, which the caller disposes of, and why those before it were not taken.
 * @throws CoreError `bad-input` for an unknown name or a wrong number of threads, `cancelled`, `backend` with every reason
 *   when nothing that may be used can be.
 */
export function selectBackend(options: SelectOptions): Promise<SelectedBackend> {
  return selectFrom(CANDIDATES, options);
}

/** {@link selectBackend} among other candidates. */
export async function selectFrom(
  candidates: readonly NodeCandidate[],
  { backend, home, env, threads, signal }: SelectOptions,
): Promise<SelectedBackend> {
  checkThreads({ threads });
  const switches = readSwitches(env);
  const wanted = backend ?? switches.backend;
  const passed = passedChecksOf(home);
  return chooseBackend({
    candidates,
    wanted,
    context: {
      ...{ home, env, threads, signal },
      allowSoftware: wanted !== undefined && switches.allowSoftwareGpu,
      adapter: adapterOnce(env, signal),
    },
    looksFirst: wanted === undefined,
    check: (opened) => checkOnce(opened, { passed, platform: platformFacts() }),
    signal,
    fix: "`graft doctor` says more.",
  });
}

/**
 * Looks at every candidate, one after the other: opened, self-checked (whatever was remembered) and closed again.
 * What `graft doctor` shows; the first usable one that is `automatic` is what would be chosen.
 */
export function probeBackends({
  home,
  env,
}: Pick<SelectOptions, "home" | "env">): AsyncGenerator<BackendProbe> {
  const context: NodeContext = {
    ...{ home, env, threads: undefined, signal: undefined },
    allowSoftware: readSwitches(env).allowSoftwareGpu,
    adapter: adapterOnce(env),
  };
  return probeCandidates(CANDIDATES, { context, looksFirst: false, check: selfCheck });
}

/**
 * What can be asked for by name on this machine: what is certain to be absent by the look of it is not tried, and a device that
 * passed its self-check before is not checked again. 0.3 s the second time, where {@link probeBackends} takes 3 s.
 */
export async function usableBackends({
  home,
  env,
  threads,
  signal,
}: Omit<SelectOptions, "backend">): Promise<readonly UsableBackend[]> {
  const context: NodeContext = {
    ...{ home, env, threads, signal },
    allowSoftware: readSwitches(env).allowSoftwareGpu,
    adapter: adapterOnce(env, signal),
  };
  const passed = passedChecksOf(home);
  const usable: UsableBackend[] = [];
  for await (const probe of probeCandidates(CANDIDATES, {
    ...{ context, looksFirst: true, signal },
    check: (opened) => checkOnce(opened, { passed, platform: platformFacts() }),
  }))
    if (probe.usable) usable.push(probe);
  return usable;
}
