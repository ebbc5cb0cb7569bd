import type { WeightTensor } from "@graft/core";
import { File, ready } from "h5wasm";

/** The bytes of an HDF5 file with these float32 datasets; groups are made as the paths need them. */
export async function writeHdf5(
  tensors: Iterable<readonly [path: string, WeightTensor]>,
): Promise<Uint8Array> {
  const { FS } = await ready;
  const name = `/made-${globalThis.crypto.randomUUID()}.h5`;
  const file = new File(name, "w");
  const groups = new Set<string>();
  for (const [path, { shape, data }] of tensors) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const group = parts.slice(0, depth).join("/");
      if (!groups.has(group)) file.create_group(group);
      groups.add(group);
    }
    file.create_dataset({ name: path, data, shape: [...shape], dtype: "<f" });
  }
  file.close();
  const bytes = FS.readFile(name);
  FS.unlink(name);
  return bytes;
}
