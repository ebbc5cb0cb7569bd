/** How HDF5 files are read (h5wasm: the HDF5 library as WebAssembly, so it runs in browsers too). */
import type { File } from "h5wasm";
import { CoreError } from "../errors.ts";
import type { FoundTensor } from "./found-tensor.ts";
import { TensorNames } from "./hdf5-names.ts";
import { corruptHdf5, type Hdf5Library, Hdf5Source, hdf5Reason, readWeight } from "./hdf5-numbers.ts";
import type { AboutModel } from "./stated-range.ts";

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
    throw error instanceof CoreError ? error : corruptHdf5(origin, hdf5Reason(error), error);
  } finally {
    file?.close();
    FS.unlink(path);
  }
}

/** What a file has beside its tensors: the config of a whole model in Keras 2's layout, and what graft adds to its own. */
function aboutModel({ attrs }: File): AboutModel {
  const { model_config: config, inputRange, graftVersion } = attrs;
  const facts = { inputRange: inputRange?.value, graftVersion: graftVersion?.value };
  try {
    return { facts, config: typeof config?.value === "string" ? JSON.parse(config.value) : undefined };
  } catch {
    // weights can be read without it, and nothing else depends on it
    return { facts };
  }
}

/**
 * Opens a weights file and gives its tensors to `use`, with what it has beside them; they can be read until it
 * returns.
 *
 * Reads the layouts of Keras 2 and Keras 3: weights alone, whole models, a trunk nested in another model. Optimiser
 * slots are passed over.
 * @throws CoreError as {@link withHdf5File}.
 */
export async function withHdf5<T>(
  bytes: Uint8Array,
  origin: string,
  use: (found: readonly FoundTensor[], about: AboutModel) => T,
): Promise<T> {
  const { ready } = await import("h5wasm");
  const source = new Hdf5Source(origin, await ready, bytes);
  return withHdf5File(bytes, origin, (library, file) =>
    use(tensorsOf(library, file, source), aboutModel(file)),
  );
}

function tensorsOf(library: Hdf5Library, file: File, source: Hdf5Source): FoundTensor[] {
  const datasets = file.paths().flatMap((path) => {
    const entity = file.get(path);
    return entity instanceof library.Dataset ? [{ path, dataset: entity }] : [];
  });
  const names = new TensorNames(
    library,
    file,
    datasets.map(({ path }) => path),
  );
  return datasets.flatMap(({ path, dataset }): FoundTensor[] => {
    const name = names.of(path);
    if (!name) return [];
    const shape = dataset.shape ?? [];
    return [{ ...name, shape, read: () => readWeight(dataset, shape, source) }];
  });
}
