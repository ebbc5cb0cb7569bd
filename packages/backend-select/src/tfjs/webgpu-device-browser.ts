import { adapterFacts } from "../adapter-facts.ts";
import { type AdapterWords, usableAdapter } from "../usable-adapter.ts";
import type { TfjsDevice } from "./device.ts";
import { openWebgpuOn } from "./webgpu-device.ts";
import { whyNoWebgpu } from "./why-no-webgpu-browser.ts";

const WORDS: AdapterWords = {
  expected: "a GPU that this browser lets pages compute on",
  softwareFix:
    "Switch on the browser's graphics acceleration; for tests, allowSoftware with webgpu allows this one.",
};

/**
 * tfjs on a GPU in a browser.
 * @param allowSoftware take an adapter that only imitates a GPU too.
 * @throws CoreError `backend` with the reason when there is no adapter, or only a software one that was not asked for.
 */
export async function openWebgpuDevice(allowSoftware: boolean): Promise<TfjsDevice> {
  const missing = whyNoWebgpu();
  const options = { powerPreference: "high-performance" } as const;
  const adapter = missing === undefined ? await navigator.gpu.requestAdapter(options) : null;
  const facts = usableAdapter(
    adapter
      ? { facts: adapterFacts(adapter.info, adapter.limits) }
      : { reason: missing ?? "the browser offers none" },
    { allowSoftware, words: WORDS },
  );
  if (!adapter) throw new TypeError("usableAdapter refuses what is none");
  return openWebgpuOn({ adapter, facts, construct: (make) => make() });
}
