/** Everything `graft export` writes, a row each; but for int8, which needs more images (commands/export-int8.ts). */
import { exportOnnx, exportSnippetFolder } from "@graft/backend-select";
import { type Model, SNIPPET_FILES } from "@graft/core";
import {
  checkFilePlace,
  checkPlace,
  type Exported,
  type ExportOptions,
  exportHdf5,
  exportKeras,
  exportTfjs,
  TFJS_FILES,
} from "@graft/core/node";
import type { ExportFormat } from "./export-format-names.ts";

interface FormatWriter {
  /** What the file's name must end in, because programs tell the format by it; undefined for a folder. */
  readonly extension?: string;
  /** Looks whether it may be placed there, before any work. @throws CoreError */
  readonly check: (path: string, force: boolean) => Promise<void>;
  /** Writes, reads again, compares, gives it its name. @throws CoreError */
  readonly write: (model: Model, path: string, options: ExportOptions) => Promise<Exported>;
}

const file = (extension: string, write: FormatWriter["write"]): FormatWriter => ({
  extension,
  check: (path, force) => checkFilePlace(path, { force, noun: "export" }),
  write,
});

const folder = (known: readonly string[], write: FormatWriter["write"]): FormatWriter => ({
  check: (path, force) => checkPlace(path, { force, known, noun: "export" }),
  write,
});

export const EXPORT_FORMATS: Readonly<Record<Exclude<ExportFormat, "onnx-int8">, FormatWriter>> = {
  tfjs: folder(TFJS_FILES, exportTfjs),
  h5: file(".h5", exportHdf5),
  keras: file(".keras", exportKeras),
  onnx: file(".onnx", exportOnnx),
  node: folder(SNIPPET_FILES.node, (model, path, options) =>
    exportSnippetFolder(model, path, { ...options, language: "node" }),
  ),
  python: folder(SNIPPET_FILES.python, (model, path, options) =>
    exportSnippetFolder(model, path, { ...options, language: "python" }),
  ),
};
