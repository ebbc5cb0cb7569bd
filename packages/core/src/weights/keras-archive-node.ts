import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import { CoreError } from "../errors.ts";
import { foreignError } from "./foreign-kinds.ts";
import { foreignArchive } from "./foreign-weights.ts";

const WEIGHTS = "model.weights.h5";

/** A whole network of Keras stays far under this; a bomb does not. */
const MAX_WEIGHTS_BYTES = 2 ** 31;

/**
 * One file inside a .keras archive.
 * @param name default: the HDF5 file of the weights.
 * @throws CoreError `corrupt` when the archive is cut off or has none, `unsupported` for an archive of something else,
 * `limit` for one of more than 2 GiB.
 */
export async function readKerasArchive(bytes: Buffer, origin: string, name = WEIGHTS): Promise<Buffer> {
  const facts = { origin };
  const names: string[] = [];
  // loaded here only: most weights come in another form
  const { fromBufferPromise } = await import("yauzl");
  try {
    const archive = await fromBufferPromise(bytes);
    for await (const entry of archive.eachEntry()) {
      names.push(entry.fileName);
      if (entry.fileName !== name) continue;
      if (entry.uncompressedSize > MAX_WEIGHTS_BYTES) {
        const what = `${name} in ${origin} is larger than any network's.`;
        const received = `${entry.uncompressedSize} bytes`;
        throw new CoreError("limit", { what, received, expected: `at most ${MAX_WEIGHTS_BYTES}` }, { facts });
      }
      const content = await buffer(await archive.openReadStreamPromise(entry));
      // yauzl leaves the checksum to its caller
      if (crc32(content) !== entry.crc32) throw new Error(`wrong checksum of ${name}`);
      return content;
    }
  } catch (cause) {
    if (cause instanceof CoreError) throw cause;
    const what = `${origin} is not a usable .keras archive.`;
    const fix = "Fetch or copy the file again; it may have been cut off.";
    throw new CoreError("corrupt", { what, received: String(cause), fix }, { cause, facts });
  }
  if (name === WEIGHTS) throw foreignError(origin, foreignArchive(names));
  const what = `${origin} is an archive without ${name}.`;
  const fix = "Save the model with model.save('model.keras').";
  throw new CoreError("corrupt", { what, expected: `a file ${name} in it`, fix }, { facts });
}
