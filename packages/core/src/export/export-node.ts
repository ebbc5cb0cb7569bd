import * as z from "zod";
import { placeOnDisk } from "../files/folder-node.ts";
import type { Model } from "../model/types.ts";
import { withHdf5 } from "../weights/hdf5.ts";
import { readKerasArchive } from "../weights/keras-archive-node.ts";
import { KERAS_ENTRIES, kerasArchive } from "./keras-archive.ts";
import type { KerasFile } from "./keras-hdf5.ts";
import { parseNetwork } from "./network-config.ts";
import type { Exported, ExportOptions } from "./types.ts";
import { type KerasFileFormat, writeKerasFile, writeKerasHdf5 } from "./write-keras-file.ts";
import { writeTfjs } from "./write-tfjs.ts";

/** Where a .keras's metadata.json has the labels. */
const metadataSchema = z.object({ labels: z.unknown() });

async function readKeras(
  { buffer, byteOffset, length }: Uint8Array<ArrayBuffer>,
  origin: string,
): Promise<KerasFile> {
  const bytes = Buffer.from(buffer, byteOffset, length);
  const config = await readKerasArchive(bytes, origin, KERAS_ENTRIES.config);
  const weights = await readKerasArchive(bytes, origin, KERAS_ENTRIES.weights);
  const metadata = await readKerasArchive(bytes, origin, KERAS_ENTRIES.metadata);
  const network = parseNetwork(JSON.parse(config.toString("utf8")), origin);
  const tensors = await withHdf5(weights, origin, (found) =>
    found.map((tensor) => {
      const { layer, variable, shape } = tensor;
      return [`${layer}/${variable}`, { shape, data: tensor.read() }] as const;
    }),
  );
  const { labels } = metadataSchema.parse(JSON.parse(metadata.toString("utf8")));
  return { network, tensors: new Map(tensors), labels };
}

/** What reads a zip is Node's alone. */
const ARCHIVE: KerasFileFormat = { noun: "Keras archive", pieces: kerasArchive, read: readKeras };

/** `writeTfjs` at a path. */
export const exportTfjs = (model: Model, folder: string, options: ExportOptions): Promise<Exported> =>
  writeTfjs(model, placeOnDisk(folder), options);

/** Writes a .keras archive, which Keras 3 opens, to a path. Input as `writeTfjs`; errors as `writeKerasFile`. */
export const exportKeras = (model: Model, path: string, options: ExportOptions): Promise<Exported> =>
  writeKerasFile(ARCHIVE, model, placeOnDisk(path), options);

/** `writeKerasHdf5` at a path. */
export const exportHdf5 = (model: Model, path: string, options: ExportOptions): Promise<Exported> =>
  writeKerasHdf5(model, placeOnDisk(path), options);
