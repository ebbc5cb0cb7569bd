import { exportOnnx, exportSnippetFolder, type OnnxExportOptions } from "@graft/backend-select";
import {
  type Backend,
  type Exported,
  type ExportOptions,
  type Model,
  type Reference,
  referenceOf,
} from "@graft/core";
import { exportHdf5, exportKeras, exportTfjs } from "@graft/core/node";
import { testRandom } from "@graft/core/testing";

type Write = (model: Model, path: string, options: ExportOptions) => Promise<Exported>;

const folderFor =
  (language: "node" | "python"): Write =>
  (model, path, options) =>
    exportSnippetFolder(model, path, { ...options, language });

/** Every format, with a name for its file or folder. */
export const FORMATS: readonly (readonly [name: string, write: Write])[] = [
  ["model.h5", exportHdf5],
  ["model.keras", exportKeras],
  ["model.onnx", (model, path, options: OnnxExportOptions) => exportOnnx(model, path, options)],
  ["tfjs", exportTfjs],
  ["node", folderFor("node")],
  ["python", folderFor("python")],
];

/** Images of noise in patches, [size, size, 3], that a network tells apart. */
export function patchImages(count: number, size: number): Uint8Array[] {
  return Array.from({ length: count }, (_, seed) => {
    const random = testRandom(seed + 1);
    const patch = Math.ceil(size / 5);
    const colours = Uint8Array.from({ length: 5 * 5 * 3 }, () => random.int(0, 255));
    return Uint8Array.from({ length: size * size * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
      return colours[(Math.floor(y / patch) * 5 + Math.floor(x / patch)) * 3 + (i % 3)] ?? 0;
    });
  });
}

/** What graft says of a few such images. */
export function patchReference(model: Model, backend: Backend, count = 3): Promise<Reference> {
  return referenceOf(model, patchImages(count, model.manifest.rule.size), backend);
}
