import { nodeAdapter } from "./adapter-probe-node.ts";
import { createOnnxBackend, createTensorflowBackend, createTfjsBackend } from "./engines-node.ts";
import { whyNoGpu, whyNoNvidia } from "./gpu-signs-node.ts";
import { whyNoCudaProvider } from "./onnx/cuda-provider-node.ts";
import type { Candidate } from "./select.ts";
import { type EngineName, engineFolder, whyNotInstalled } from "./tensorflow/engine-folder-node.ts";
import type { AdapterAnswer } from "./usable-adapter.ts";

/** What a candidate is opened with. */
export interface NodeContext {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly allowSoftware: boolean;
  /** Of engines on the processor. */
  readonly threads: number | undefined;
  /** Ends the processes that try a driver. */
  readonly signal: AbortSignal | undefined;
  /** The adapter of this machine, asked for once. */
  readonly adapter: () => Promise<AdapterAnswer>;
}

export type NodeCandidate = Candidate<NodeContext>;

const notInstalled = (home: string, engine: EngineName): string | undefined => {
  const reason = whyNotInstalled(engineFolder(home, engine), engine);
  return reason === undefined
    ? undefined
    : `The engine ${engine} is not installed (${reason}). Run: \`graft engines install ${engine}\``;
};

const noCudaProvider = (): string | undefined => {
  const reason = whyNoCudaProvider();
  return reason === undefined ? undefined : `ONNX Runtime's CUDA provider is not installed (${reason}).`;
};

/**
 * In the order in which they are tried. By measurement (2 cores of an EPYC): onnx:cpu before tfjs:tensorflow, 217 to 146
 * images/s through the trunk and 82 to 113 ms for a step of the classic head; both far before tfjs:wasm, 20 images/s and
 * 1.6 s. By judgement, for want of a GPU: TensorFlow's CUDA kernels before ONNX Runtime's, which has none for gradients
 * and builds them from others; Dawn through tfjs before ONNX Runtime's younger provider. tfjs:cpu, plain JavaScript, is
 * for tests.
 */
export const CANDIDATES: readonly NodeCandidate[] = [
  {
    id: "tfjs:tensorflow-cuda",
    kind: "cuda",
    automatic: true,
    absent: ({ home }) => notInstalled(home, "tensorflow-cuda") ?? whyNoNvidia(),
    open: ({ home }) => createTensorflowBackend({ variant: "tensorflow-cuda", home }),
  },
  {
    id: "onnx:cuda",
    kind: "cuda",
    automatic: true,
    absent: () => noCudaProvider() ?? whyNoNvidia(),
    open: ({ env, signal }) => createOnnxBackend({ provider: "cuda", env, signal }),
  },
  {
    id: "tfjs:webgpu",
    kind: "webgpu",
    automatic: true,
    absent: () => whyNoGpu(),
    open: async ({ adapter, allowSoftware }) => {
      nodeAdapter(await adapter(), allowSoftware);
      return createTfjsBackend({ device: "webgpu", allowSoftware });
    },
  },
  {
    id: "onnx:webgpu",
    kind: "webgpu",
    automatic: true,
    absent: () => whyNoGpu(),
    open: async ({ adapter, allowSoftware, env, signal }) =>
      createOnnxBackend({ provider: "webgpu", allowSoftware, env, signal, adapter: await adapter() }),
  },
  {
    id: "onnx:cpu",
    kind: "cpu",
    automatic: true,
    absent: () => undefined,
    open: ({ threads }) => createOnnxBackend({ provider: "cpu", threads }),
  },
  {
    id: "tfjs:tensorflow",
    kind: "cpu",
    automatic: true,
    absent: ({ home }) => notInstalled(home, "tensorflow"),
    open: ({ home }) => createTensorflowBackend({ variant: "tensorflow", home }),
  },
  {
    id: "tfjs:wasm",
    kind: "wasm",
    automatic: true,
    absent: () => undefined,
    open: () => createTfjsBackend({ device: "wasm" }),
  },
  {
    id: "tfjs:cpu",
    kind: "cpu",
    automatic: false,
    absent: () => undefined,
    open: () => createTfjsBackend({ device: "cpu" }),
  },
];
