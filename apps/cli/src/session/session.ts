/** What several commands open: image workers, the backend, the feature store; closed together. */
import { type SelectedBackend, selectBackend } from "@graft/backend-select";
import type { ImagePool } from "@graft/core";
import {
  type ByteProgress,
  type CutLayer,
  type Dataset,
  type PrepareImage,
  preparedBy,
  type TrunkWeights,
} from "@graft/core";
import {
  cacheFolders,
  createImagePool,
  loadWeights,
  type NodeFeatureStore,
  type NodeImageSource,
  nodeFetch,
  type OpenDatasetOptions,
  openDataset,
  openFeatureStore,
  openUnlabelled,
  type UnlabelledImages,
} from "@graft/core/node";
import { nextCommand } from "../environment/self-command.ts";
import { fetchText } from "../progress/fetch-text.ts";
import { StatusLine } from "../progress/status-line.ts";
import type { CommandContext } from "./context.ts";

export interface OpenedDataset {
  readonly dataset: Dataset;
  readonly source: NodeImageSource;
}

/** Opens things on first use and closes what was opened. */
export class Session implements AsyncDisposable {
  readonly context: CommandContext;
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #line: StatusLine;
  #pool: ImagePool | undefined;
  #selected: SelectedBackend | undefined;
  #features: NodeFeatureStore | undefined;
  readonly #sources: NodeImageSource[] = [];
  #interrupts = 0;
  #isWaiting = false;

  constructor(context: CommandContext) {
    this.context = context;
    this.signal = this.#controller.signal;
    this.#line = new StatusLine(context.environment);
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGHUP", this.#onHangUp);
  }

  /** The first Ctrl-C asks the work to stop where it can be resumed; the second ends the process. */
  readonly #onSignal = (): void => {
    this.#interrupts++;
    if (this.#interrupts > 1) process.exit(130);
    this.stop("Stopping at the next step; Ctrl-C again ends at once.");
  };

  /** A closed terminal may tell of it twice, by the system and by the shell, and is in no hurry either time. */
  readonly #onHangUp = (): void => {
    if (!this.signal.aborted) this.stop("The terminal was closed: stopping at the next step.");
  };

  /** Asks the work to stop where it can be resumed. @param why one line for people. */
  stop(why: string): void {
    this.notice(why);
    this.#controller.abort();
  }

  /** One line for people, on stderr. */
  notice(text: string): void {
    this.#line.print(text);
  }

  /** A line that the next one replaces; shown on terminals only. */
  status(text: string): void {
    this.#line.status(text);
  }

  /** How far a download or an unpacking is; a log hears at once that a server is waited for. */
  fetching(what: string, progress: ByteProgress): void {
    const isWaiting = progress.waiting !== undefined;
    const text = fetchText(what, progress);
    if (isWaiting && !this.#isWaiting && !this.context.environment.interactive) this.notice(text);
    else this.status(text);
    this.#isWaiting = isWaiting;
  }

  /** How a data set was read, and that files cannot be used, which stops nothing: one line each. */
  tellNotes({ notes, broken }: Dataset, name: string): void {
    for (const { message } of notes) this.notice(`Note: ${message}`);
    if (broken.length === 0) return;
    const inspect = nextCommand(this.context.environment, ["inspect", name]);
    const files = broken.length === 1 ? "1 broken file is" : `${broken.length} broken files are`;
    this.notice(`Note: ${files} left out; which and why: ${inspect}`);
  }

  /** Images that may be prepared at once: two for each decoding thread work, two wait. */
  get decodeAhead(): number {
    return this.pool.threads * 4;
  }

  /** Pixels of a data set's images, made by the pool. */
  prepareFrom(source: Pick<NodeImageSource, "pathOf">): PrepareImage {
    return preparedBy(this.pool.decoder, (image, rule, augmentation, variants) =>
      this.pool.prepare({ path: source.pathOf(image), hash: image.hash }, rule, augmentation, variants),
    );
  }

  get pool(): ImagePool {
    this.#pool ??= createImagePool();
    return this.#pool;
  }

  /** @param name `--backend` as it was given; anything but a text means the fastest usable. */
  async backend(name: unknown): Promise<SelectedBackend> {
    const { home, variables } = this.context.environment;
    this.#selected ??= await selectBackend({
      ...(typeof name === "string" ? { backend: name } : {}),
      home,
      env: variables,
    });
    return this.#selected;
  }

  /** The cache of features. */
  async features(): Promise<NodeFeatureStore> {
    const { features: folder, archives } = cacheFolders(this.context.environment.home);
    this.#features ??= await openFeatureStore({
      ...{ folder, archives },
      onLimit: (text) => this.notice(`Note: ${text}`),
      onNewer: (text) => this.notice(`Note: ${text}`),
    });
    return this.#features;
  }

  async dataset(
    name: string,
    options: Pick<OpenDatasetOptions, "groupPrefix" | "labelsFrom" | "purpose" | "knownLabels"> = {},
  ): Promise<OpenedDataset> {
    const { home, variables } = this.context.environment;
    const pool = this.pool;
    const opened = await openDataset(name, {
      home,
      env: variables,
      fetch: nodeFetch(variables),
      inspect: (path) => pool.inspect(path),
      signal: this.signal,
      onProgress: ({ unit, ...progress }) => {
        if (unit === "bytes") this.fetching("Fetching", progress);
        else this.#line.status(`Looking at the images  ${progress.done}/${progress.total}`);
      },
      ...options,
    });
    this.#line.clear();
    this.#sources.push(opened.source);
    return opened;
  }

  /** Images that are in no classes; undefined for what is opened by `dataset`. */
  async unlabelled(name: string): Promise<UnlabelledImages | undefined> {
    const opened = await openUnlabelled(name, {
      inspect: (path) => this.pool.inspect(path),
      signal: this.signal,
      onProgress: ({ done, total }) => this.#line.status(`Looking at the images  ${done}/${total}`),
    });
    this.#line.clear();
    return opened;
  }

  /** @param cut the last block that is needed. @default the whole trunk */
  async weights(
    name: string,
    inputRange: readonly [number, number] | undefined,
    cut?: CutLayer,
  ): Promise<TrunkWeights> {
    const { home, variables } = this.context.environment;
    const weights = await loadWeights({
      weights: name,
      ...(inputRange ? { inputRange } : {}),
      ...(cut ? { cut } : {}),
      home,
      env: variables,
      fetch: nodeFetch(variables),
      signal: this.signal,
      // said in full where weights are chosen or looked at, and briefly where they are only used
      notices: ["train", "doctor"].includes(this.context.command) ? "full" : "short",
      onNotice: (text) => this.notice(text),
      onProgress: (progress) => this.fetching("Fetching weights", progress),
    });
    this.#line.clear();
    return weights;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGHUP", this.#onHangUp);
    this.#line.clear();
    await this.#features?.close();
    await this.#pool?.close();
    for (const source of this.#sources) await source[Symbol.asyncDispose]();
    await this.#selected?.backend.dispose();
  }
}
