import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Fetch, Waiting } from "../download/types.ts";
import { CoreError } from "../errors.ts";
import { readFailure } from "../files/read-failure-node.ts";
import type { InspectedFile } from "../image/pool.ts";
import { visibleText } from "../visible-text.ts";
import { KNOWN_SETS } from "./known-sets-node.ts";
import { openLabelsFrom, tableReader } from "./label-files-node.ts";
import type { Purpose } from "./layout/reading.ts";
import { listPath } from "./list-path-node.ts";
import type { Listing } from "./listing.ts";
import { scanListing } from "./scan-node.ts";
import type { Dataset, DatasetImage, ImageSource } from "./types.ts";

export interface OpenDatasetOptions {
  /** Where archives are unpacked and known sets are kept. */
  readonly home: string;
  /** GRAFT_DATASETS_MIRROR is read. */
  readonly env: NodeJS.ProcessEnv;
  readonly fetch: Fetch;
  /** `ImagePool.inspect`; a few for each core are asked for at once. */
  readonly inspect: (path: string) => Promise<InspectedFile>;
  readonly signal?: AbortSignal | undefined;
  /** Images of one name prefix (clip3_0001.jpg, clip3_0002.jpg) belong together. @default false */
  readonly groupPrefix?: boolean | undefined;
  /** Where the labels are: "folders", "inner-folders", "names", or a table as FILE or FILE:COLUMN. @default by the layout */
  readonly labelsFrom?: string | undefined;
  /** To score a model one class is enough, and a class may be empty. @default "train" */
  readonly purpose?: Purpose | undefined;
  /** The labels of the model that is scored: a folder of such a name is a class. @default none */
  readonly knownLabels?: readonly string[] | undefined;
  /** `total` of bytes is 0 where a server does not say it. */
  readonly onProgress?:
    | ((progress: {
        readonly done: number;
        readonly total: number;
        readonly unit: "images" | "bytes";
        /** Set while a server that is fetched from sends nothing. */
        readonly waiting?: Waiting;
      }) => void)
    | undefined;
}

/** Images as files on this machine's disk; those of an archive may be given up when it is disposed of. */
export interface NodeImageSource extends ImageSource, AsyncDisposable {
  /** Absolute path. @throws CoreError `not-found` for an image of another data set. */
  pathOf(image: DatasetImage): string;
}

function imageSource(locations: ReadonlyMap<string, string>, { lease }: Listing): NodeImageSource {
  const pathOf = ({ path }: DatasetImage): string => {
    const location = locations.get(path);
    if (location !== undefined) return location;
    throw new CoreError("not-found", { what: `${visibleText(path)} is not an image of this data set.` });
  };
  return {
    pathOf,
    async read(image) {
      let bytes: Uint8Array;
      try {
        bytes = await readFile(pathOf(image));
      } catch (error) {
        throw error instanceof CoreError ? error : readFailure(pathOf(image), error);
      }
      if (createHash("sha256").update(bytes).digest("hex") === image.hash) return bytes;
      const fix = "Start again, and leave the images alone while graft uses them.";
      throw new CoreError("corrupt", {
        what: `${visibleText(image.path)} has changed since graft first read it.`,
        fix,
      });
    },
    async [Symbol.asyncDispose]() {
      await lease?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * Opens a data set: a folder, a .zip / .tar / .tar.gz (known by its first bytes), or a known set by name (`emoji`,
 * `cats-and-dogs`; a folder of that name is given as ./emoji). Every file is looked at and reported as taken, skipped
 * or broken; a broken one never stops it.
 * @throws CoreError `not-found` for a path that does not exist; `bad-input` for fewer than two classes, a class with no
 * usable image (with the expected tree beside the found one), an archive that is refused; as `openArchive` and `download`.
 */
export async function openDataset(
  name: string,
  options: OpenDatasetOptions,
): Promise<{ readonly dataset: Dataset; readonly source: NodeImageSource }> {
  const { inspect, signal, groupPrefix, purpose, knownLabels, onProgress } = options;
  const known = KNOWN_SETS.get(name);
  const setOptions = {
    ...options,
    onProgress: (progress: { done: number; total: number; waiting?: Waiting }) =>
      onProgress?.({ ...progress, unit: "bytes" }),
  };
  const listing = known === undefined ? await listPath(name, options) : await known.list(setOptions);
  try {
    const labelsFrom = await openLabelsFrom(options.labelsFrom);
    const tables = tableReader(listing, labelsFrom);
    const layout = { purpose, labelsFrom, knownLabels, tables };
    const scan = { source: name, inspect, layout, groupOf: known?.groupOf, groupPrefix, signal, onProgress };
    const { dataset, locations } = await scanListing(listing, scan);
    await known?.check?.(dataset, setOptions);
    return { dataset, source: imageSource(locations, listing) };
  } catch (error) {
    await listing.lease?.[Symbol.asyncDispose]();
    throw error;
  }
}
