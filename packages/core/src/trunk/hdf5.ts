/** How HDF5 files are read (h5wasm: the HDF5 library as WebAssembly, so it runs in browsers too). */
import type { Dataset, File } from "h5wasm";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { type FoundTensor, layerNumber, variableName } from "./found-tensor.ts";

function corrupt(origin: string, received: string, cause?: unknown): CoreError {
  return new CoreError(
    "corrupt",
    {
      what: `${origin} is not a usable HDF5 file.`,
      received,
      fix: "Fetch or copy the file again; it may have been cut off.",
    },
    { cause, facts: { origin } },
  );
}

/** The library, loaded. */
export type Hdf5Library = typeof import("h5wasm");

/** First line of the HDF5 library's own text that says something. */
const reason = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return /truncated file[^\n]*|file signature not found/.exec(text)?.[0] ?? text.split("\n")[0] ?? text;
};

/**
 * The numbers of a dataset.
 * @param origin of the file, for errors.
 * @throws CoreError `corrupt` for one of another length or that can not be read, `unsupported` for another type.
 */
export function readDataset(dataset: Dataset, shape: readonly number[], origin: string): Float32Array {
  let value: unknown;
  try {
    value = dataset.value;
  } catch (cause) {
    throw corrupt(origin, `${dataset.path}: ${reason(cause)}`, cause);
  }
  const data = value instanceof Float64Array ? Float32Array.from(value) : value;
  if (!(data instanceof Float32Array)) {
    const what = `The tensor ${dataset.path} of ${origin} has a type that is not read.`;
    throw new CoreError("unsupported", {
      what,
      received: `${dataset.dtype}`,
      expected: "float32 or float64",
    });
  }
  if (data.length !== numElements(shape))
    throw corrupt(origin, `${dataset.path}: ${data.length} numbers, not ${numElements(shape)}`);
  return data;
}

/** Layer and variable of a dataset by its path, in each of Keras's layouts; undefined for what is no layer's weight. */
function nameOf(
  library: Hdf5Library,
  file: File,
  path: string,
): Pick<FoundTensor, "layer" | "variable" | "numbering"> | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  if (/^_?optimizer/.test(parts[0] ?? "")) return undefined;
  const last = parts.at(-1) ?? "";
  if (parts.at(-2) !== "vars" || !/^\d+$/.test(last)) {
    // Keras 2 and the legacy layout of Keras 3: …/conv2d_1/kernel:0
    return { layer: parts.at(-2) ?? "", variable: last.replace(/:\d+$/, ""), numbering: "creation" };
  }
  // Keras 3: …/layers/conv2d_1/vars/0, where the number counts layers of one class as the model lists them
  const listed = parts.at(-3) ?? "";
  const vars = file.get(parts.slice(0, -1).join("/"));
  const isGroup = vars instanceof library.Group;
  const variable = variableName(listed, Number(last), isGroup ? vars.keys().length : 0);
  // from Keras 3.8 on, an attribute has the layer's own name
  const own = isGroup ? vars.attrs.name?.value : undefined;
  return typeof own === "string" && (layerNumber(own) || !layerNumber(listed))
    ? { layer: own, variable, numbering: "creation" }
    : { layer: listed, variable, numbering: "graph" };
}

/**
 * Opens an HDF5 file and gives it to `use`; it can be read until that returns.
 * @param bytes a whole file.
 * @param origin of the file, for errors.
 * @throws CoreError `corrupt` when it is cut off or no HDF5.
 */
export async function withHdf5File<T>(
  bytes: Uint8Array,
  origin: string,
  use: (library: Hdf5Library, file: File) => T,
): Promise<T> {
  // loaded on use: compiling it takes 90 ms, which the bundled weights do not need
  const library: Hdf5Library = await import("h5wasm");
  const { FS, activate_throwing_error_handler: throwErrors } = await library.ready;
  throwErrors(); // or the library prints its trace on stderr and gives empty results
  const path = `/read-${globalThis.crypto.randomUUID()}.h5`;
  FS.writeFile(path, bytes);
  let file: File | undefined;
  try {
    file = new library.File(path, "r");
    return use(library, file);
  } catch (error) {
    throw error instanceof CoreError ? error : corrupt(origin, reason(error), error);
  } finally {
    file?.close();
    FS.unlink(path);
  }
}

/**
 * Opens a weights file and gives its tensors to `use`; they can be read until it returns.
 *
 * Reads the layouts of Keras 2 and Keras 3: weights alone, whole models, a trunk nested in another model. Optimiser
 * slots are passed over.
 * @throws CoreError as {@link withHdf5File}.
 */
export function withHdf5<T>(
  bytes: Uint8Array,
  origin: string,
  use: (found: readonly FoundTensor[]) => T,
): Promise<T> {
  return withHdf5File(bytes, origin, (library, file) => use(tensorsOf(library, file, origin)));
}

function tensorsOf(library: Hdf5Library, file: File, origin: string): FoundTensor[] {
  return file.paths().flatMap((path): FoundTensor[] => {
    const entity = file.get(path);
    if (!(entity instanceof library.Dataset)) return [];
    const name = nameOf(library, file, path);
    if (!name) return [];
    const shape = entity.shape ?? [];
    return [{ ...name, shape, read: () => readDataset(entity, shape, origin) }];
  });
}
