/** The one place that loads ONNX Runtime Web. It keeps one module a page, whose threads and files are set before its first session. */
import { CoreError } from "@graft/core";
import * as ort from "onnxruntime-web/wasm";
import type { WasmUrl } from "../wasm-files-browser.ts";
import type { OnnxRuntime } from "./runtime.ts";

let threadsOfPage: number | undefined;

/**
 * @param threads what is wanted; a page that runs it already has the number of its first opening.
 * @throws CoreError `backend` when a file of it cannot be had.
 */
export async function openRuntime(
  threads: number,
  wasmUrl: WasmUrl,
): Promise<{ readonly runtime: OnnxRuntime; readonly version: string; readonly threads: number }> {
  if (threadsOfPage === undefined) {
    const [script, binary] = [wasmUrl("ort-wasm-simd-threaded.mjs"), wasmUrl("ort-wasm-simd-threaded.wasm")];
    // asked for here, because a file that is missing would be told as any error of the engine
    for (const url of [script, binary]) await checkThere(url);
    ort.env.wasm.wasmPaths = { mjs: String(script), wasm: String(binary) };
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.proxy = false;
    ort.env.logLevel = "error";
    threadsOfPage = threads;
  }
  return { runtime: ort, version: ort.env.versions.web ?? ort.env.versions.common, threads: threadsOfPage };
}

async function checkThere(url: string | URL): Promise<void> {
  const answer = await fetch(url, { method: "HEAD" }).catch((error: unknown) => String(error));
  if (typeof answer !== "string" && answer.ok) return;
  throw new CoreError("backend", {
    what: "A file of ONNX Runtime Web cannot be loaded.",
    received: `${url}: ${typeof answer === "string" ? answer : answer.status}`,
    fix: "Serve the files that WASM_FILES lists, and say with wasmUrl where they lie.",
  });
}
