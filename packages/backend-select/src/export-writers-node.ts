/** What writes a model in each format of core's `EXPORT_FORMATS`, but for int8, which needs more images (`exportOnnxInt8`). */
import {
  type Exported,
  type ExportFormat,
  type ExportOptions,
  exportFormatFacts,
  type Model,
  SNIPPET_FILES,
  TFJS_FILES,
} from "@graft/core";
import { checkFilePlace, checkPlace, exportHdf5, exportKeras, exportTfjs } from "@graft/core/node";
import { exportOnnx, exportSnippetFolder } from "./exports-node.ts";

export interface FormatWriter {
  /** Looks whether it may be placed there, before any work. @throws CoreError as `checkPlace`. */
  readonly check: (path: string, force: boolean) => Promise<void>;
  /** Writes, reads again, compares, gives it its name. @throws CoreError as the format's function. */
  readonly write: (model: Model, path: string, options: ExportOptions) => Promise<Exported>;
}

type FormatName = Exclude<ExportFormat, "onnx-int8">;

const WRITE: Readonly<Record<FormatName, FormatWriter["write"]>> = {
  tfjs: exportTfjs,
  h5: exportHdf5,
  keras: exportKeras,
  onnx: exportOnnx,
  node: (model, path, options) => exportSnippetFolder(model, path, { ...options, language: "node" }),
  python: (model, path, options) => exportSnippetFolder(model, path, { ...options, language: "python" }),
};

/** File names that a format's folder may hold. */
const KNOWN: Readonly<Partial<Record<FormatName, readonly string[]>>> = {
  tfjs: TFJS_FILES,
  ...SNIPPET_FILES,
};

export function formatWriter(format: FormatName): FormatWriter {
  const isFile = exportFormatFacts(format).extension !== undefined;
  const known = KNOWN[format] ?? [];
  return {
    check: (path, force) =>
      isFile
        ? checkFilePlace(path, { force, noun: "export" })
        : checkPlace(path, { force, known, noun: "export" }),
    write: WRITE[format],
  };
}
