/** Names of `--format`; apart from the writers, so that `graft --help` loads none. */
export const EXPORT_FORMAT_NAMES = ["tfjs", "h5", "keras", "onnx", "onnx-int8", "node", "python"] as const;

export type ExportFormat = (typeof EXPORT_FORMAT_NAMES)[number];
