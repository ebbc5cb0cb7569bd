import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CoreError } from "../errors.ts";
import { MODEL_FILES } from "../model/model-files.ts";
import { FOREIGN_KINDS, foreignError, WEIGHTS_FILES } from "./foreign-kinds.ts";

/** Where weights lie: in a file, or in a model folder of graft. */
export interface PlaceOfWeights {
  readonly kind: "file" | "model";
  readonly path: string;
}

const isModel = (folder: string): boolean => existsSync(join(folder, MODEL_FILES.manifest));

/** Names of the files in a folder and of those one level below, as "a/b"; undefined for what is no folder. */
async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return undefined;
  const below = entries.filter((entry) => entry.isDirectory()).slice(0, 20);
  const nested = await Promise.all(
    below.map(async ({ name }) => {
      const names = await readdir(join(folder, name)).catch(() => []);
      return names.map((inner) => `${name}/${inner}`);
    }),
  );
  return [...entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name), ...nested.flat()];
}

const IMAGE_NAME = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic)$/i;
const WEIGHTS_NAME = /(\.(h5|hdf5|h5\.gz|keras)|(^|\/)model\.json)$/i;

/** What a folder is that is no model of graft. */
function folderError(folder: string, names: readonly string[]): CoreError {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/^(saved_model\.pb|keras_metadata\.pb)$/)) return foreignError(folder, FOREIGN_KINDS.savedModel);
  const weights = names.filter((name) => WEIGHTS_NAME.test(name));
  const [only] = weights;
  const expected = WEIGHTS_FILES;
  const facts = { facts: { path: folder } };
  if (only !== undefined) {
    const fix = weights.length === 1 ? `Give ${join(folder, only)}.` : "Give one of the files in it.";
    const what = `${folder} is a folder, not a weights file.`;
    const received = weights.slice(0, 4).join(", ");
    return new CoreError("bad-input", { what, received: `it has ${received}`, expected, fix }, facts);
  }
  if (has(/(^checkpoint|\.ckpt\.index|\.data-\d+-of-\d+)$/))
    return foreignError(folder, FOREIGN_KINDS.checkpoint);
  if (/\.mlpackage[\\/]?$/i.test(folder)) return foreignError(folder, FOREIGN_KINDS.coreml);
  if (has(IMAGE_NAME)) {
    const what = `${folder} is a folder of images: pictures to train on or predict, not weights.`;
    return new CoreError("bad-input", { what, expected, fix: "Give it as the data set." }, facts);
  }
  const what = `${folder} is a folder, and there are no weights in it.`;
  const received = names.length === 0 ? "an empty folder" : `it has ${names.slice(0, 4).join(", ")}`;
  return new CoreError("bad-input", { what, received, expected, fix: "Name the file." }, facts);
}

/**
 * What `--weights` names on this machine: a file; a model folder of graft, or one of its files; a run's id or folder.
 * @param home has `runs`.
 * @throws CoreError `bad-input` and `unsupported` for other folders, by what they are.
 */
export async function placeOfWeights(path: string, home: string): Promise<PlaceOfWeights> {
  for (const folder of [path, join(path, "model")])
    if (isModel(folder)) return { kind: "model", path: folder };
  const names = await namesIn(path);
  if (names) throw folderError(path, names);
  if (existsSync(path)) {
    const { manifest, topology, weights } = MODEL_FILES;
    const isOfModel = [manifest, topology, weights].some((name) => name === basename(path));
    const folder = dirname(path);
    return isOfModel && isModel(folder) ? { kind: "model", path: folder } : { kind: "file", path };
  }
  // Keras 2 calls a checkpoint by what its files' names begin with
  if (existsSync(`${path}.index`)) throw foreignError(path, FOREIGN_KINDS.checkpoint);
  const ofRun = join(home, "runs", path, "model");
  return !/[\\/]/.test(path) && isModel(ofRun) ? { kind: "model", path: ofRun } : { kind: "file", path };
}
