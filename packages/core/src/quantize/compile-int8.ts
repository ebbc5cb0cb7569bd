import type { Backend, Program } from "../backend/backend.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { ImageRule } from "../image/types.ts";
import { calibrate } from "./calibrate.ts";
import { calibrationPixels } from "./calibration-images.ts";
import { quantizeGraph } from "./quantize-graph.ts";

/**
 * Refuses what an engine would only imitate, before any work.
 * @throws CoreError `unsupported` with what to do.
 */
export function checkInt8Engine({ id, limits }: Pick<Backend, "id" | "limits">): void {
  if (limits.int8) return;
  throw new CoreError("unsupported", {
    what: `The backend ${id} has no 8-bit arithmetic.`,
    received: "`precision: int8`",
    expected: "`precision: float32` on this backend",
    fix: "Leave `precision` out, or add `backend: onnx:cpu`.",
  });
}

/**
 * A trunk on whole numbers of 8 bits.
 * @param options.graph images → features, with its weights inside.
 * @param options.images of the training: those it is calibrated on are among them.
 * @throws CoreError as `calibrate` and `calibrationPixels`.
 */
export async function compileInt8(options: {
  readonly graph: Graph;
  readonly backend: Backend;
  readonly images: readonly DatasetImage[];
  readonly rule: ImageRule;
  readonly prepare: PrepareImage;
  readonly signal?: AbortSignal | undefined;
}): Promise<Program> {
  const { graph, backend, signal } = options;
  const images = await calibrationPixels(options);
  return backend.compile(quantizeGraph(graph, await calibrate({ graph, backend, images, signal })));
}
