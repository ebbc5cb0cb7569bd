// The engines of a page's worker under bench-browser.ts's clock.
import { createOnnxBackend, createTfjsBackend } from "@graft/backend-select/browser";
import type { Backend } from "@graft/core";
import * as z from "zod";
import { answerCalls } from "../browser/answer-calls.ts";
import { engineSpeed } from "./speed-cases.ts";

const Opening = z.object({ engine: z.enum(["onnx", "tfjs"]), threads: z.int().exactOptional() });
let backend: Backend | undefined;

answerCalls({
  async open(given) {
    const { engine, ...options } = Opening.parse(given);
    backend =
      engine === "onnx"
        ? await createOnnxBackend(options)
        : await createTfjsBackend({ device: "wasm", ...options });
    return [backend.device.name, ...(backend.device.notes ?? [])].join("; ");
  },
  speed: () => backend && engineSpeed(backend),
});
