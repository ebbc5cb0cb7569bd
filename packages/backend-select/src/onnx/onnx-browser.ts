import type { Backend } from "@graft/core";
import { kernelsRun } from "../fused/program.ts";
import { openBrowserTeam } from "../fused/team-browser.ts";
import type { PageThreads } from "../threads-browser.ts";
import { threadsText } from "../threads-text.ts";
import type { WasmUrl } from "../wasm-files-browser.ts";
import { OnnxBackend } from "./backend.ts";
import { openRuntime } from "./runtime-browser.ts";
import { webDevice } from "./web-device.ts";

/** Below this a layer's product and update are a matter of microseconds either way. */
const FUSED_MIN_BYTES = 2 ** 20;

/** @throws CoreError `backend` with the reason when ONNX Runtime Web cannot be used here. */
export async function openOnnxBackend(page: PageThreads, wasmUrl: WasmUrl): Promise<Backend> {
  const { runtime, version, threads } = await openRuntime(page.threads, wasmUrl);
  const notes = [...page.notes];
  if (threads !== page.threads)
    notes.push(
      `ONNX Runtime Web was already opened in this worker with ${threadsText(threads)}, and keeps that number.`,
    );
  const { shared, teamThreads } = page;
  const runs = kernelsRun({ shared });
  if (!runs)
    notes.push("This browser cannot run the kernels for large dense layers, so ONNX Runtime does them.");
  const fused = runs && {
    minBytes: FUSED_MIN_BYTES,
    shared,
    openTeam: () => openBrowserTeam(teamThreads),
  };
  return new OnnxBackend(webDevice({ runtime, version, threads, notes, fused: fused || undefined }));
}
