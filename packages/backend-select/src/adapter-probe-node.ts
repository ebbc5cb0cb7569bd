import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { type AdapterFacts, adapterFacts, type SizeLimits } from "./adapter-facts.ts";
import { askChild } from "./child-probe-node.ts";
import { type AdapterAnswer, type AdapterWords, usableAdapter } from "./usable-adapter.ts";

const PROBE = `
import(process.argv[1]).then(async ({ create }) => {
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) process.exit(4);
  await adapter.requestDevice();
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const info = { vendor, architecture, device, description, isFallbackAdapter };
  console.log(JSON.stringify({ info, limits: { maxBufferSize, maxStorageBufferBindingSize } }));
  process.exit(0);
}).catch((error) => { console.error("Error: " + error.message); process.exit(2); });`;

/** What {@link PROBE} writes. */
interface Told {
  readonly info: Partial<GPUAdapterInfo>;
  readonly limits: SizeLimits;
}

function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null && "info" in value && "limits" in value;
}

/**
 * Asks Dawn (npm webgpu) in another process, about 60 ms where there is no GPU.
 * @param signal ends that process.
 */
export async function probeAdapter(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<AdapterAnswer> {
  const dawn = pathToFileURL(createRequire(import.meta.url).resolve("webgpu")).href;
  const answer = await askChild({ script: PROBE, words: [dawn], env, signal });
  if ("reason" in answer) return answer;
  const told: unknown = JSON.parse(answer.output);
  return isTold(told)
    ? { facts: adapterFacts(told.info, told.limits) }
    : { reason: `Dawn said ${answer.output}` };
}

const WORDS: AdapterWords = {
  expected: "a GPU with a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver",
  softwareFix:
    "Install the GPU's own driver; for tests, GRAFT_ALLOW_SOFTWARE_GPU=1 with `backend: webgpu` allows this one.",
};

/** As {@link usableAdapter}, in the words of a command line. */
export const nodeAdapter = (answer: AdapterAnswer, allowSoftware: boolean): AdapterFacts =>
  usableAdapter(answer, { allowSoftware, words: WORDS });
