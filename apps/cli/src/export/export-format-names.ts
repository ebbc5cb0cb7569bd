import type { ExportFormat } from "@graft/core";

/** Names of `--format`; apart from what core says of them, so that `graft --help` loads nothing. */
export const EXPORT_FORMAT_NAMES = [
  "tfjs",
  "h5",
  "keras",
  "onnx",
  "onnx-int8",
  "node",
  "python",
] as const satisfies readonly ExportFormat[];
