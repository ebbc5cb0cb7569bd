// The engines of @graft/backend-select/browser in a worker, as test/browser/engines.test.ts asks for them.
import {
  checkInt8,
  createOnnxBackend,
  createTfjsBackend,
  selectBackend,
  selfCheck,
} from "@graft/backend-select/browser";
import { type Backend, CoreError } from "@graft/core";
import * as z from "zod";
import { answerCalls } from "./answer-calls.ts";
import { runTrunk, trainHead } from "./problems.ts";

const Opening = z.object({
  engine: z.enum(["onnx:wasm", "tfjs:wasm", "tfjs:webgpu"]),
  threads: z.int().exactOptional(),
});
const Selecting = z.object({
  backend: z.string().exactOptional(),
  threads: z.int().exactOptional(),
  allowSoftware: z.boolean().exactOptional(),
});

/** Kernels of ours that were made in this worker: on memory that threads share, and on memory that they do not. */
const kernels = { shared: 0, unshared: 0 };
function countKernels(): void {
  // the platform's, which neither Node's types nor ES2023 name
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Instance: new (...words: unknown[]) => object };
  };
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, words: [unknown, { graft?: { memory: { buffer: ArrayBufferLike } } } | undefined]) {
      const memory = words[1]?.graft?.memory;
      if (memory) kernels[memory.buffer instanceof ArrayBuffer ? "unshared" : "shared"]++;
      return Reflect.construct(target, words);
    },
  });
}
countKernels();

let opened: Backend | undefined;
const backend = (): Backend => {
  if (!opened) throw new Error("no backend is open");
  return opened;
};
const facts = ({ id, kind, device, limits }: Backend) => ({ id, kind, device, limits });

answerCalls({
  // a browser's alone, so neither Node's types nor ES2023 name it
  isIsolated: () => Reflect.get(globalThis, "crossOriginIsolated") === true,
  async open(given) {
    const { engine, ...options } = Opening.parse(given);
    if (engine === "onnx:wasm") opened = await createOnnxBackend(options);
    else if (engine === "tfjs:wasm") opened = await createTfjsBackend({ device: "wasm", ...options });
    else opened = await createTfjsBackend({ device: "webgpu", allowSoftware: true });
    return facts(opened);
  },
  async select(given) {
    try {
      const selected = await selectBackend(Selecting.parse(given));
      opened = selected.backend;
      return { ...facts(opened), refusals: selected.refusals };
    } catch (error) {
      if (error instanceof CoreError) return { code: error.code, message: error.message };
      throw error;
    }
  },
  selfCheck: () => selfCheck(backend()),
  checkInt8: () => checkInt8(backend(), 3),
  trunk: () => runTrunk(backend()),
  async head() {
    const { losses, parameters } = await trainHead(backend());
    return { losses, parameters: [...parameters], kernels };
  },
  dispose: () => opened?.dispose(),
});
