import { CoreError } from "@graft/core";

/**
 * The one place that loads ONNX Runtime. From version 1.29 on its builds for Linux and macOS report to Microsoft (a device
 * id, models, errors, times) unless this is set before the library is loaded; see "Add POSIX telemetry",
 * microsoft/onnxruntime pull request 27379. What is done with graft is nobody else's business, so no value of the user's
 * turns it back on.
 *
 * In a worker thread `process.env` is a copy that native code does not see: one that loads an engine is started with
 * `env: SHARE_ENV`.
 */
process.env.ORT_DISABLE_TELEMETRY = "1";

export const ort = await import("onnxruntime-node").catch((cause: unknown) => {
  const received = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
  throw new CoreError(
    "backend",
    {
      what: "ONNX Runtime does not load on this machine.",
      received: `${process.platform} ${process.arch}: ${received}`,
      expected: "Linux with glibc (x64, arm64), macOS (arm64) or Windows (x64, arm64)",
      fix: "If this is one of them, install again without --omit=optional. Elsewhere, use `backend: wasm`.",
    },
    { cause },
  );
});
