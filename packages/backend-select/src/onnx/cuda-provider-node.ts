import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const ENGINE = createRequire(import.meta.url).resolve("onnxruntime-node");

/** Why ONNX Runtime's CUDA provider is not here, by its library's file; undefined when it is. */
export function whyNoCudaProvider(): string | undefined {
  const file =
    process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
  const path = resolve(dirname(ENGINE), "../bin/napi-v6", process.platform, process.arch, file);
  return existsSync(path) ? undefined : `no ${path}`;
}
