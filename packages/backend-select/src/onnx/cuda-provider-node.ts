import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const ENGINE = createRequire(import.meta.url).resolve("onnxruntime-node");

/** ONNX Runtime loads its providers from beside its library: in a package by platform where graft is installed from npm. */
function libraryFolder(): string {
  const { platform, arch } = process;
  try {
    const library = `@graft/onnxruntime-${platform}-${arch}/onnxruntime_binding.node`;
    return dirname(createRequire(ENGINE).resolve(library));
  } catch {
    return resolve(dirname(ENGINE), "../bin/napi-v6", platform, arch);
  }
}

/** Why ONNX Runtime's CUDA provider is not here, by its library's file; undefined when it is. */
export function whyNoCudaProvider(): string | undefined {
  const file =
    process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
  const path = join(libraryFolder(), file);
  return existsSync(path) ? undefined : `no ${path}`;
}
