import { existsSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Backend } from "../backend/backend.ts";
import type { SelectedBackend } from "../backend/selection.ts";
import { cacheFolders } from "../cache/cache-node.ts";
import { type NodeFeatureStore, openFeatureStore } from "../cache/feature-store-node.ts";
import type { TrainConfig } from "../config/config.ts";
import { emojiSample } from "../dataset/emoji-sample-node.ts";
import type { ForeignImages } from "../dataset/foreign-images.ts";
import { KNOWN_SET_NAMES } from "../dataset/known-sets-node.ts";
import { parseLabelsFrom } from "../dataset/layout/labels-from.ts";
import { type NodeImageSource, openDataset } from "../dataset/open-node.ts";
import { openUnlabelled } from "../dataset/open-unlabelled-node.ts";
import { type PrepareImage, preparedBy } from "../dataset/prepare-image.ts";
import { splitHash } from "../dataset/split.ts";
import { nodeFetch } from "../download/fetch-node.ts";
import { CoreError } from "../errors.ts";
import { verifyModelFolder, writeModelFolder } from "../export/write-model-node.ts";
import { encodeImage } from "../image/encode-node.ts";
import type { ImagePool } from "../image/pool.ts";
import { createImagePool } from "../image/pool-node.ts";
import { readModelFolder } from "../model/read-model-node.ts";
import type { Model } from "../model/types.ts";
import type { RunFolder } from "../runs/run-store-node.ts";
import { type FolderRunStore, openRunStore } from "../runs/run-store-node.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import { loadWeights } from "../weights/weights-node.ts";
import { resolveModelFolder } from "./model-folder-node.ts";
import type {
  Int8Use,
  MachineFacts,
  OpenDatasetRequest,
  OpenedDataset,
  OpenedUnlabelled,
  SaveModelRequest,
  WeightsRequest,
  Workspace,
  WorkspaceEvent,
} from "./workspace.ts";

export interface NodeWorkspaceOptions {
  /** Folder of runs, caches and weights. */
  readonly home: string;
  /** GRAFT_… and proxies are read. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkspaceEvent) => void;
  /** Chooses among the engines, which core does not know. @param name a kind or an id; undefined: the fastest usable */
  readonly selectBackend: (name: string | undefined) => Promise<SelectedBackend>;
  readonly checkInt8: (backend: Backend) => Promise<Int8Use>;
  readonly versions: Readonly<Record<string, string>>;
  /** How much is said of the bundled weights: all, or a line. @default "short" */
  readonly weightsNotices?: "full" | "short";
  /** Threads that decode images. @default one a core */
  readonly threads?: number;
}

/** A home folder and this machine: opens things on first use, and closes what was opened. */
export class NodeWorkspace implements Workspace, AsyncDisposable {
  readonly signal: AbortSignal;
  readonly onEvent: (event: WorkspaceEvent) => void;
  readonly runs: FolderRunStore;
  readonly versions: Readonly<Record<string, string>>;
  readonly now = Date.now;
  readonly clock = (): number => performance.now();
  readonly checkInt8: (backend: Backend) => Promise<Int8Use>;
  readonly #options: NodeWorkspaceOptions;
  readonly #sources: NodeImageSource[] = [];
  #pool: ImagePool | undefined;
  /** By the name that was asked for. */
  readonly #selected = new Map<string | undefined, Promise<SelectedBackend>>();
  #features: NodeFeatureStore | undefined;

  constructor(options: NodeWorkspaceOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.onEvent = options.onEvent;
    this.versions = options.versions;
    this.checkInt8 = options.checkInt8;
    this.runs = openRunStore(options.home);
  }

  get pool(): ImagePool {
    const { threads } = this.#options;
    this.#pool ??= createImagePool(threads === undefined ? {} : { threads });
    return this.#pool;
  }

  /** Two for each decoding thread work, two wait. */
  get decodeAhead(): number {
    return this.pool.threads * 4;
  }

  get foreign(): ForeignImages {
    return emojiSample(this.pool);
  }

  async openDataset(name: string, request: OpenDatasetRequest = {}): Promise<OpenedDataset> {
    const { home, env } = this.#options;
    const { onEvent = this.onEvent, ...options } = request;
    const pool = this.pool;
    const { dataset, source } = await openDataset(name, {
      ...{ home, env, fetch: nodeFetch(env), signal: this.signal },
      inspect: (path) => pool.inspect(path),
      onProgress: ({ unit, ...progress }) =>
        unit === "bytes"
          ? onEvent({ type: "fetch", what: "dataset", progress })
          : onEvent({ type: "scan", done: progress.done, total: progress.total }),
      ...options,
    });
    this.#sources.push(source);
    return {
      ...{ dataset, prepare: this.#prepareFrom(source) },
      read: (image) => source.read(image),
      pathOf: (image) => source.pathOf(image),
    };
  }

  async hasDataset(name: string): Promise<boolean> {
    // a folder or file, and what comes with the package: another known set would be fetched
    return name === "emoji" || existsSync(name);
  }

  locate(name: string): { readonly location: string; readonly shortName: string } {
    // a known set's name stays as it is; openDataset gives it precedence over a folder of that name, too
    if (!existsSync(name) || KNOWN_SET_NAMES.includes(name)) return { location: name, shortName: name };
    const location = resolve(name);
    return { location, shortName: basename(location) || location };
  }

  async openUnlabelled(name: string): Promise<OpenedUnlabelled | undefined> {
    const opened = await openUnlabelled(name, {
      inspect: (path) => this.pool.inspect(path),
      signal: this.signal,
      onProgress: ({ done, total }) => this.onEvent({ type: "scan", done, total }),
    });
    return opened && { ...opened, prepare: this.#prepareFrom(opened) };
  }

  loadWeights({ weights, inputRange, cut, onEvent = this.onEvent }: WeightsRequest): Promise<TrunkWeights> {
    const { home, env, weightsNotices = "short" } = this.#options;
    return loadWeights({
      ...{ weights, home, env, fetch: nodeFetch(env), signal: this.signal, notices: weightsNotices },
      ...(inputRange ? { inputRange } : {}),
      ...(cut ? { cut } : {}),
      onNotice: (message) => onEvent({ type: "notice", message }),
      onProgress: (progress) => onEvent({ type: "fetch", what: "weights", progress }),
    });
  }

  async hasWeights(name: string): Promise<boolean> {
    return existsSync(name);
  }

  lasting(config: TrainConfig): TrainConfig {
    const { weights, labelsFrom } = config;
    const isName = ["auto", "bundled", "imagenet"].includes(weights);
    return {
      ...{ ...config, weights: isName || !existsSync(weights) ? weights : resolve(weights) },
      ...(labelsFrom === undefined ? {} : { labelsFrom: lastingLabels(labelsFrom) }),
    };
  }

  selectBackend(name?: string): Promise<SelectedBackend> {
    const known = this.#selected.get(name);
    if (known) return known;
    const selected = this.#options.selectBackend(name);
    this.#selected.set(name, selected);
    // another try may find what was missing
    selected.catch(() => this.#selected.delete(name));
    return selected;
  }

  async hasFeatures(): Promise<boolean> {
    return existsSync(cacheFolders(this.#options.home).features);
  }

  async features(): Promise<NodeFeatureStore> {
    const { features: folder, archives } = cacheFolders(this.#options.home);
    const tell = (message: string): void => this.onEvent({ type: "notice", message: `Note: ${message}` });
    this.#features ??= await openFeatureStore({ folder, archives, onLimit: tell, onNewer: tell });
    return this.#features;
  }

  async openModel(name: string): Promise<{ readonly model: Model; readonly run: RunFolder | undefined }> {
    const model = await readModelFolder(resolveModelFolder(name, this.#options.home));
    return { model, run: await this.#runOf(model) };
  }

  async saveModel(model: Model, { run, out, mayReplace, trial }: SaveModelRequest): Promise<string> {
    const place = out ?? join(this.runs.folder, run.id, "model");
    const folder = await writeModelFolder(model, place, { force: mayReplace });
    if (trial) await verifyModelFolder(folder, model, trial);
    // reading it compares every file with its hash
    else await readModelFolder(folder);
    return folder;
  }

  encode = encodeImage;

  async machine(): Promise<MachineFacts> {
    return {
      runtime: `Node ${process.version}`,
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? "unknown processor",
      threads: availableParallelism(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#features?.close();
    await this.#pool?.close();
    for (const source of this.#sources) await source[Symbol.asyncDispose]();
    for (const selecting of this.#selected.values()) {
      const selected = await selecting.catch(() => undefined);
      await selected?.backend.dispose();
    }
  }

  #prepareFrom(source: Pick<NodeImageSource, "pathOf">): PrepareImage {
    return preparedBy(this.pool.decoder, (image, rule, augmentation, variants) =>
      this.pool.prepare({ path: source.pathOf(image), hash: image.hash }, rule, augmentation, variants),
    );
  }

  /** The run that made a model, when it is still in this home. */
  async #runOf({ manifest }: Model): Promise<RunFolder | undefined> {
    try {
      const run = await this.runs.open(manifest.run);
      return (await splitHash(run.split)) === manifest.splitHash ? run : undefined;
    } catch (error) {
      // a model goes where its run does not
      if (error instanceof CoreError) return undefined;
      throw error;
    }
  }
}

/** Where labels are as typed → what finds the same table again from any folder. */
function lastingLabels(text: string): string {
  const from = parseLabelsFrom(text, existsSync);
  if (from.type !== "file" || !existsSync(from.path)) return text;
  const column = from.column === undefined ? "" : `:${from.column}`;
  return `${resolve(from.path)}${column}`;
}
