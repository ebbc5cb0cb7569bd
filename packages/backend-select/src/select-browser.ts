import type { SelectedBackend } from "@graft/core";
import { Contest, type DeviceMemory } from "./contest.ts";
import type { BrowserEngineOptions } from "./engine-options-browser.ts";
import { createOnnxBackend, createTfjsBackend } from "./engines-browser.ts";
import { type Candidate, candidatesFor, checkThreads, chooseBackend, probeCandidates } from "./select.ts";
import { checkOnce, type PassedChecks } from "./self-check/check-once.ts";
import { selfCheck } from "./self-check/self-check.ts";
import { engineMs } from "./speed/engine-speed.ts";
import { whyNoWebgpu } from "./tfjs/why-no-webgpu-browser.ts";
import type { BackendProbe, SelectRequest } from "./types.ts";

/** The choice in a browser. */
export interface BrowserSelectOptions extends SelectRequest, BrowserEngineOptions {
  /** An adapter that only imitates a GPU may be taken when webgpu is asked for. @default false */
  readonly allowSoftware?: boolean | undefined;
  /** Keeps passed self-checks and measured speeds. @default until the worker ends */
  readonly memory?: DeviceMemory | undefined;
}

interface BrowserContext extends BrowserEngineOptions {
  readonly allowSoftware: boolean;
}

/** In the order in which they are tried; the two on WebAssembly are measured against each other. */
const CANDIDATES: readonly Candidate<BrowserContext>[] = [
  {
    id: "tfjs:webgpu",
    kind: "webgpu",
    automatic: true,
    absent: () => whyNoWebgpu(),
    open: ({ allowSoftware }) => createTfjsBackend({ device: "webgpu", allowSoftware }),
  },
  {
    id: "onnx:wasm",
    kind: "wasm",
    automatic: true,
    absent: () => undefined,
    open: (context) => createOnnxBackend(context),
  },
  {
    id: "tfjs:wasm",
    kind: "wasm",
    automatic: true,
    absent: () => undefined,
    open: ({ threads, wasmUrl }) => createTfjsBackend({ device: "wasm", threads, wasmUrl }),
  },
  {
    id: "tfjs:cpu",
    kind: "cpu",
    automatic: false,
    absent: () => undefined,
    open: () => createTfjsBackend({ device: "cpu" }),
  },
];

/** Tells a wrong name before anything is opened. @throws CoreError `bad-input` for a name that no backend has. */
export function checkBackendName(wanted: string): void {
  candidatesFor(wanted, CANDIDATES);
}

const ofThisWorker = new Map<string, string>();
const FORGETFUL: DeviceMemory = {
  get: async (name) => ofThisWorker.get(name),
  set: async (name, value) => {
    ofThisWorker.set(name, value);
  },
};

const passedIn = (memory: DeviceMemory): PassedChecks => ({
  has: async (key) => (await memory.get(key).catch(() => undefined)) === "passed", // it is only a memory
  add: (key) => memory.set(key, "passed").catch(() => undefined),
});

/** All of a browser that can change numbers and speeds, as far as it tells. */
const browserFacts = (): string[] => [navigator.userAgent];

/**
 * Opens the fastest backend that works in this page or worker: webgpu (a hardware adapter), else of the engines on
 * WebAssembly the one that is faster here. Each is self-checked before its first use.
 *
 * A kind or an id that is asked for never falls back to another kind. An adapter that only imitates a GPU is taken when
 * webgpu is asked for with `allowSoftware`.
 *
 * @returns the backend, which the caller disposes of, and why others were not taken.
 * @throws CoreError `bad-input` for an unknown name or a wrong number of threads, `cancelled`, `backend` with every reason
 *   when nothing that may be used can be.
 */
export async function selectBackend(options: BrowserSelectOptions = {}): Promise<SelectedBackend> {
  checkThreads(options);
  const { backend: wanted, threads, wasmUrl, signal, allowSoftware = false, memory = FORGETFUL } = options;
  const machine = [
    ...browserFacts(),
    `${navigator.hardwareConcurrency} processors`,
    `${threads ?? "free"} threads`,
    globalThis.crossOriginIsolated ? "isolated" : "not isolated",
  ].join("; ");
  return chooseBackend({
    candidates: CANDIDATES,
    wanted,
    context: { threads, wasmUrl, allowSoftware: wanted !== undefined && allowSoftware },
    looksFirst: wanted === undefined,
    check: (opened) => checkOnce(opened, { passed: passedIn(memory), platform: browserFacts() }),
    contest: new Contest({ kind: "wasm", timeOf: engineMs, memory, machine }),
    signal,
    fix: "Use a current Chrome, Edge, Firefox or Safari.",
  });
}

/** Looks at every candidate, one after the other: opened, self-checked (whatever was remembered) and closed again. */
export function probeBackends(
  options: Omit<BrowserSelectOptions, "backend" | "memory"> = {},
): AsyncGenerator<BackendProbe> {
  const { threads, wasmUrl, signal, allowSoftware = false } = options;
  const context: BrowserContext = { threads, wasmUrl, allowSoftware };
  return probeCandidates(CANDIDATES, { context, looksFirst: false, check: selfCheck, signal });
}
