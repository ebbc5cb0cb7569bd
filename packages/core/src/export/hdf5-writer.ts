/** How HDF5 files are written; trunk/hdf5.ts reads them. */
import type { File } from "h5wasm";
import { CoreError } from "../errors.ts";
import type { WeightTensor } from "../trunk/types.ts";

/** A new HDF5 file while it is filled. Groups are made where a path needs them. */
export class Hdf5Writer {
  readonly #file: File;
  readonly #groups = new Set<string>();

  constructor(file: File) {
    this.#file = file;
  }

  /** Makes a group, and those above it. @param path "a/b", from the file's root. */
  group(path: string): void {
    if (path === "" || this.#groups.has(path)) return;
    this.group(path.split("/").slice(0, -1).join("/"));
    this.#file.create_group(path);
    this.#groups.add(path);
  }

  /** An attribute: one text of any length, or a list of them. @param path of a group; "" is the file itself. */
  attribute(path: string, name: string, value: string | readonly string[]): void {
    this.group(path);
    const place = path === "" ? this.#file : this.#file.get(path);
    if (place === null || !("create_attribute" in place)) throw new TypeError(`${path} is a group`);
    // "S": of variable length; what lies in an attribute itself may have 64 KiB, and a network's config has more
    place.create_attribute(name, typeof value === "string" ? value : [...value], undefined, "S");
  }

  /** A dataset of float32. */
  floats(path: string, { shape, data }: WeightTensor): void {
    this.group(path.split("/").slice(0, -1).join("/"));
    this.#file.create_dataset({ name: path, data, shape: [...shape], dtype: "<f" });
  }
}

/**
 * The bytes of a new HDF5 file.
 * @throws CoreError `limit` for a file that does not fit in the memory that WebAssembly has.
 */
export async function writeHdf5(fill: (writer: Hdf5Writer) => void): Promise<Uint8Array> {
  const library = await import("h5wasm");
  const { FS, activate_throwing_error_handler: throwErrors } = await library.ready;
  throwErrors(); // or the library prints its trace on stderr and goes on
  const path = `/write-${globalThis.crypto.randomUUID()}.h5`;
  const file = new library.File(path, "w");
  try {
    try {
      fill(new Hdf5Writer(file));
    } finally {
      file.close();
    }
    return FS.readFile(path);
  } catch (cause) {
    if (cause instanceof CoreError) throw cause;
    throw new CoreError(
      "limit",
      {
        what: "The network could not be written as HDF5.",
        received: cause instanceof Error ? cause.message : String(cause),
        fix: "A smaller `size` or `recipe: gap` gives a smaller head; `format: onnx` or tfjs can hold more.",
      },
      { cause },
    );
  } finally {
    FS.unlink(path);
  }
}
