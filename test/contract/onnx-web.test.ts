import * as ort from "onnxruntime-web/wasm";
import { openNodeTeam } from "../../packages/backend-select/src/fused/team-node.ts";
import { OnnxBackend } from "../../packages/backend-select/src/onnx/backend.ts";
import { webDevice } from "../../packages/backend-select/src/onnx/web-device.ts";
import { describeBackend } from "./describe-backend.ts";

ort.env.wasm.numThreads = 1;

/**
 * ONNX Runtime Web as a page has it, in Node, where the whole contract can be held against it: that it fills no array that
 * it is given, and that kernels of ours work on memory that is not shared.
 */
await describeBackend({
  id: "onnx:wasm",
  kind: "wasm",
  tolerance: 1e-5,
  lossTolerance: 1e-4,
  open: async () =>
    new OnnxBackend(
      webDevice({
        runtime: ort,
        version: ort.env.versions.web ?? ort.env.versions.common,
        threads: 1,
        notes: [],
        fused: { minBytes: 2 ** 20, shared: false, openTeam: () => openNodeTeam(1) },
      }),
    ),
});
