import type { Backend } from "../backend/backend.ts";
import type { SelectedBackend } from "../backend/selection.ts";
import type { ForeignImages } from "../dataset/foreign-images.ts";
import { preparedBy } from "../dataset/prepare-image.ts";
import type { Dataset } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { decodeRecord, encodeRecord, encodeRow } from "../features/row-record.ts";
import type { FeatureStore } from "../features/types.ts";
import type { ImagePool } from "../image/pool.ts";
import type { Int8Use, MachineFacts, OpenedDataset, Workspace, WorkspaceEvent } from "../jobs/workspace.ts";
import { type Crc32, crc32 as inJavaScript } from "../numbers/crc32.ts";
import type { CallHost } from "./host-calls.ts";
import { remoteRuns } from "./remote-run.ts";

/** What a worker has itself: an engine, what decodes images, and what of its host's it can reach. */
export interface RemoteWorkspaceOptions {
  readonly call: CallHost;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkspaceEvent) => void;
  readonly pool: ImagePool;
  /**
   * Bytes of a picture that the worker can reach without its host, by their sha256; what cannot be had so, or throws, is asked
   * for. @default all are asked for
   */
  readonly readHere?: (hash: string) => Promise<Uint8Array>;
  /** What the worker does itself, on its host's machine: rows of features and weights need not cross. @default the host does it */
  readonly here?: Partial<Pick<Workspace, "features" | "loadWeights">>;
  /** @param name a kind or an id; undefined: the fastest usable */
  readonly selectBackend: (name: string | undefined) => Promise<SelectedBackend>;
  readonly checkInt8: (backend: Backend) => Promise<Int8Use>;
  readonly machine: () => Promise<MachineFacts>;
  readonly versions: Readonly<Record<string, string>>;
  /** What people call the data sets that the host names. */
  readonly shortName: (location: string) => string;
  /** @default nothing is said of any */
  readonly foreign?: ForeignImages;
  /** See `Workspace`. @default 30 s */
  readonly checkpointMs?: number;
  /** See `Workspace`. @default 100 */
  readonly eventIntervalMs?: number;
  /** A quicker one than JavaScript's. */
  readonly crc32?: Crc32;
}

function remoteFeatures(call: CallHost, crc32: Crc32): FeatureStore {
  return {
    async getMany(space, keys) {
      const records = await call("features.get", { space, keys: [...keys] });
      return keys.map((_, i) => {
        const record = records[i];
        return record ? decodeRecord(space, record, crc32).row : undefined;
      });
    },
    hasMany: (space, keys) => call("features.has", { space, keys: [...keys] }),
    async putMany(space, rows) {
      const records = rows.map(({ key, row }) => encodeRecord(key, encodeRow(space, row), crc32));
      await call("features.put", { space, records });
    },
    async lease(space) {
      const lease = await call("features.lease", { space });
      return { [Symbol.asyncDispose]: async () => void (await call("features.release", { lease })) };
    },
  };
}

const unsupported = (what: string): CoreError =>
  new CoreError("unsupported", { what: `A worker that shares nothing with its host cannot ${what}.` });

/**
 * A host's things, over a channel, with an engine of the worker's own: images, features, checkpoints and models cross as
 * messages, but for what the worker reaches itself.
 */
export function remoteWorkspace(options: RemoteWorkspaceOptions): Workspace {
  const { call, pool, crc32 = inJavaScript, onEvent, shortName, here = {} } = options;
  const sets = new Map<Dataset["images"], number>();
  const features = remoteFeatures(call, crc32);
  const setOf = (images: Dataset["images"] | undefined): number => {
    const set = images && sets.get(images);
    if (set === undefined) throw new TypeError("a run is of a data set that was opened here");
    return set;
  };
  /** Images of a data set that the host has opened. */
  const imagesOf = (set: number): Pick<OpenedDataset, "prepare" | "read"> => {
    const ask: OpenedDataset["read"] = ({ path }) => call("image.read", { set, path });
    const { readHere } = options;
    const read: OpenedDataset["read"] = readHere
      ? (image) => readHere(image.hash).catch(() => ask(image))
      : ask;
    const prepare = preparedBy(pool.decoder, async (image, rule, augmentation, variants) =>
      pool.prepare({ bytes: await read(image), hash: image.hash }, rule, augmentation, variants),
    );
    return { read, prepare };
  };
  const openDataset: Workspace["openDataset"] = async (name, request = {}): Promise<OpenedDataset> => {
    const { onEvent: hear = onEvent, purpose, knownLabels, groupPrefix, labelsFrom } = request;
    const asked = { purpose, knownLabels: knownLabels && [...knownLabels], groupPrefix, labelsFrom };
    const { set, dataset, split } = await call("dataset.open", { name, request: asked }, hear);
    sets.set(dataset.images, set);
    return { dataset, ...imagesOf(set), ...(split ? { split } : {}) };
  };
  const askForWeights: Workspace["loadWeights"] = ({ weights, inputRange, cut, onEvent: hear }) =>
    call(
      "weights.load",
      { weights, cut, ...(inputRange ? { inputRange: [inputRange[0], inputRange[1]] } : {}) },
      hear,
    );
  const { signal, foreign, versions, selectBackend, checkInt8, machine } = options;
  return {
    ...{ signal, onEvent, openDataset, versions, checkInt8, machine },
    ...(foreign ? { foreign } : {}),
    ...(options.checkpointMs === undefined ? {} : { checkpointMs: options.checkpointMs }),
    ...(options.eventIntervalMs === undefined ? {} : { eventIntervalMs: options.eventIntervalMs }),
    hasDataset: (name) => call("dataset.has", { name }),
    locate: (name) => ({ location: name, shortName: shortName(name) }),
    openUnlabelled: () => Promise.reject(unsupported("open images of no class")),
    loadWeights: (request) =>
      (here.loadWeights ?? askForWeights)({ ...request, onEvent: request.onEvent ?? onEvent }),
    hasWeights: (name) => call("weights.has", { name }),
    // the host named things so that it finds them again
    lasting: (config) => config,
    selectBackend,
    hasFeatures: async () => true,
    features: here.features ?? (async () => features),
    shards: {
      helpers: (backend) => call("shards.helpers", { backend }),
      offer: async (backend, shards) => void (await call("shards.offer", { backend, shards: [...shards] })),
      next: () => call("shards.next", {}),
    },
    async openHelp(run) {
      const { set, ...opened } = await call("help.open", { run });
      return { ...opened, prepare: imagesOf(set).prepare };
    },
    runs: remoteRuns(call, { setOf: (images) => setOf(images?.images), crc32 }),
    openModel: () => Promise.reject(unsupported("open models")),
    saveModel: (model, { run, out, mayReplace }) =>
      call("model.save", { run: run.id, model, out, mayReplace }),
    saveAnswers: async ({ labels, hashes, probabilities }, run) =>
      void (await call("answers.save", {
        ...{ run: run.id, labels: [...labels], hashes: [...hashes], probabilities },
      })),
    get decodeAhead() {
      return pool.threads * 4;
    },
    encode: () => Promise.reject(unsupported("draw pictures")),
    now: Date.now,
    clock: () => performance.now(),
  };
}
