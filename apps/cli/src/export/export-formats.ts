/** Everything `graft export` writes, a row each; but for int8, which needs more images (commands/export/int8.ts). */
import { exportOnnx, exportSnippetFolder } from "@graft/backend-select";
import {
  type Exported,
  type ExportOptions,
  type Model,
  SNIPPET_FILES,
  type SnippetLanguage,
  TFJS_FILES,
} from "@graft/core";
import { checkFilePlace, checkPlace, exportHdf5, exportKeras, exportTfjs } from "@graft/core/node";
import type { ExportFormat } from "./export-format-names.ts";

interface FormatWriter {
  /** Where a reader of the export finds the labels. */
  readonly labelsIn: string;
  /** Also a head's single sigmoid column can be written, as it was trained; else it is always one column a class. */
  readonly canHaveOneColumn: boolean;
  /** What the file's name must end in, because programs tell the format by it; undefined for a folder. */
  readonly extension?: string;
  /** Looks whether it may be placed there, before any work. @throws CoreError */
  readonly check: (path: string, force: boolean) => Promise<void>;
  /** Writes, reads again, compares, gives it its name. @throws CoreError */
  readonly write: (model: Model, path: string, options: ExportOptions) => Promise<Exported>;
}

type Kind = Pick<FormatWriter, "labelsIn" | "canHaveOneColumn">;

const file = (extension: string, write: FormatWriter["write"], kind: Kind): FormatWriter => ({
  extension,
  ...kind,
  check: (path, force) => checkFilePlace(path, { force, noun: "export" }),
  write,
});

const folder = (known: readonly string[], write: FormatWriter["write"], kind: Kind): FormatWriter => ({
  ...kind,
  check: (path, force) => checkPlace(path, { force, known, noun: "export" }),
  write,
});

const snippets = (language: SnippetLanguage): FormatWriter =>
  folder(
    SNIPPET_FILES[language],
    (model, path, options) => exportSnippetFolder(model, path, { ...options, language }),
    { labelsIn: "labels.json in it", canHaveOneColumn: false },
  );

export const EXPORT_FORMATS: Readonly<Record<Exclude<ExportFormat, "onnx-int8">, FormatWriter>> = {
  tfjs: folder(TFJS_FILES, exportTfjs, {
    labelsIn: "userDefinedMetadata of model.json",
    canHaveOneColumn: true,
  }),
  h5: file(".h5", exportHdf5, { labelsIn: 'its attribute "labels"', canHaveOneColumn: true }),
  keras: file(".keras", exportKeras, { labelsIn: "metadata.json inside it", canHaveOneColumn: true }),
  onnx: file(".onnx", exportOnnx, { labelsIn: "its metadata", canHaveOneColumn: false }),
  node: snippets("node"),
  python: snippets("python"),
};
