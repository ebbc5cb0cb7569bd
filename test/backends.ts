import { createOnnxBackend, createTfjsBackend } from "@graft/backend-select";
import type { Backend, BackendKind } from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";

/** Why an engine cannot be used here; what `graft doctor` would say. */
export interface Refusal {
  readonly refusal: string;
}

/** An engine that the wide tests run on. */
export interface TestBackend {
  readonly id: string;
  readonly kind: BackendKind;
  /** Largest error of one op against float64, as a share of max(1, largest result). */
  readonly tolerance: number;
  /** Largest relative error of a training's losses against Keras (DESIGN 11: parity). */
  readonly lossTolerance: number;
  /** Why its programs leave memory behind, where that is the engine's and nothing here can help it. */
  readonly keepsConstants?: string;
  open(): Promise<Backend | Refusal>;
}

/** Turns an engine's failure to open into its reason. */
export async function refusalOf(open: () => Promise<Backend>): Promise<Backend | Refusal> {
  try {
    return await open();
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}

/** The measure itself, then every engine of @graft/backend-select that a test may open. */
export const TEST_BACKENDS: readonly TestBackend[] = [
  {
    id: "reference:cpu",
    kind: "cpu",
    tolerance: 1e-6,
    lossTolerance: 1e-5,
    open: async () => createReferenceBackend(),
  },
  {
    id: "onnx:cpu",
    kind: "cpu",
    tolerance: 1e-5,
    lossTolerance: 1e-5,
    open: () => refusalOf(() => createOnnxBackend({ provider: "cpu" })),
  },
  {
    id: "tfjs:wasm",
    kind: "wasm",
    tolerance: 1e-5,
    lossTolerance: 1e-4,
    open: () => refusalOf(() => createTfjsBackend({ device: "wasm" })),
  },
  {
    id: "tfjs:cpu",
    kind: "cpu",
    tolerance: 1e-5,
    lossTolerance: 1e-5,
    open: () => refusalOf(() => createTfjsBackend({ device: "cpu" })),
  },
  {
    id: "tfjs:webgpu",
    kind: "webgpu",
    tolerance: 3e-5, // exp and division of a GPU are good for some 1e-6
    lossTolerance: 1e-3,
    open: () => refusalOf(() => createTfjsBackend({ device: "webgpu", allowSoftware: true })),
  },
  {
    id: "onnx:webgpu",
    kind: "webgpu",
    tolerance: 3e-5,
    lossTolerance: 1e-3,
    keepsConstants: "ONNX Runtime 1.30 keeps a session's constants until the process's last session ends",
    open: () => refusalOf(() => createOnnxBackend({ provider: "webgpu", allowSoftware: true })),
  },
];

/**
 * True when REQUIRE_BACKENDS (kinds or ids, separated by commas) names this engine: CI's way to say that its absence is
 * a failure and not a skip.
 */
export function isRequired({ id, kind }: TestBackend): boolean {
  const required = (process.env.REQUIRE_BACKENDS ?? "").split(",").map((name) => name.trim());
  return required.includes(id) || required.includes(kind);
}
