import type { Pieces, Place } from "../files/folder.ts";
import type { Model } from "../model/types.ts";
import { checkNetwork } from "./check-network.ts";
import { withColumns } from "./columns.ts";
import { type KerasFile, kerasHdf5, readKerasHdf5 } from "./keras-hdf5.ts";
import type { Exported, ExportOptions } from "./types.ts";

/** A format of Keras that is one file. */
export interface KerasFileFormat {
  readonly noun: string;
  readonly pieces: (model: Model) => Promise<Pieces>;
  /** @param origin where the file is to go, for errors. */
  readonly read: (bytes: Uint8Array<ArrayBuffer>, origin: string) => Promise<KerasFile>;
}

/** .h5 in Keras 2's layout, which Keras 2 and 3 open. */
const HDF5: KerasFileFormat = {
  noun: "Keras file",
  pieces: async (model) => [await kerasHdf5(model)],
  read: readKerasHdf5,
};

/**
 * Writes one file, reads it again, compares, and only then gives it its name.
 * @throws CoreError `conflict`, `disk-full`, `bad-input`, `weights-mismatch`, `limit`; `corrupt` when what is read back says something else.
 */
export async function writeKerasFile(
  { noun, pieces, read }: KerasFileFormat,
  trained: Model,
  { folder, path }: Place,
  options: ExportOptions,
): Promise<Exported> {
  const model = withColumns(trained, options.columns);
  let largestDifference = Number.NaN;
  // made when they are asked for: a place that is taken costs no work
  const made = async function* () {
    yield* await pieces(model);
  };
  const check = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const written = await read(bytes, folder.nameOf(path));
    largestDifference = await checkNetwork(written, model, options, noun);
  };
  const rules = { noun, force: options.force ?? false };
  return { path: await folder.replaceFile(path, rules, made(), check), largestDifference };
}

/** Writes a .h5 file. Input as `writeTfjs`; errors as {@link writeKerasFile}. */
export const writeKerasHdf5 = (model: Model, place: Place, options: ExportOptions): Promise<Exported> =>
  writeKerasFile(HDF5, model, place, options);
