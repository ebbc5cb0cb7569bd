/** What several commands open: image workers, the backend, the feature store; closed together. */
import { type SelectedBackend, selectBackend } from "@graft/backend-select";
import type { Dataset, PrepareImage, TrunkWeights } from "@graft/core";
import {
  cacheFolders,
  createImagePool,
  type ImagePool,
  loadWeights,
  type NodeFeatureStore,
  type NodeImageSource,
  nodeFetch,
  openDataset,
  openFeatureStore,
} from "@graft/core/node";
import { StatusLine } from "./output/status-line.ts";
import { byteSize } from "./output/text.ts";
import type { CommandContext } from "./program.ts";
import { nextCommand } from "./self-command.ts";

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

  constructor(context: CommandContext) {
    this.context = context;
    this.signal = this.#controller.signal;
    this.#line = new StatusLine(context.environment);
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
  }

  /** The first Ctrl-C asks the work to stop where it can be resumed; the second ends the process. */
  readonly #onSignal = (): void => {
    this.#interrupts++;
    if (this.#interrupts > 1) process.exit(130);
    this.stop("Stopping at the next step; Ctrl-C again ends at once.");
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

  /** Files that can not be used stop nothing; one line says how many and how to see which. */
  warnOfBroken({ broken }: Dataset, name: string): void {
    if (broken.length === 0) return;
    const inspect = nextCommand(this.context.environment, ["inspect", name]);
    this.notice(`Note: ${broken.length} broken files are left out; which and why: ${inspect}`);
  }

  /** Images that may be prepared at once: two for each decoding thread work, two wait. */
  get decodeAhead(): number {
    return this.pool.threads * 4;
  }

  /** Pixels of a data set's images, made by the pool. */
  prepareFrom(source: NodeImageSource): PrepareImage {
    return (image, rule, augmentation, variants) =>
      this.pool.prepare({ path: source.pathOf(image), hash: image.hash }, rule, augmentation, variants);
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
    });
    return this.#features;
  }

  async dataset(name: string, options: { groupPrefix?: boolean } = {}): Promise<OpenedDataset> {
    const { home, variables } = this.context.environment;
    const pool = this.pool;
    const opened = await openDataset(name, {
      home,
      env: variables,
      fetch: nodeFetch(variables),
      inspect: (path) => pool.inspect(path),
      signal: this.signal,
      onProgress: ({ done, total, unit }) =>
        this.#line.status(
          unit === "bytes"
            ? `Fetching ${byteSize(done)} of ${byteSize(total)}`
            : `Looking at the images  ${done}/${total}`,
        ),
      ...options,
    });
    this.#line.clear();
    this.#sources.push(opened.source);
    return opened;
  }

  async weights(name: string, inputRange: readonly [number, number] | undefined): Promise<TrunkWeights> {
    const { home, variables } = this.context.environment;
    const weights = await loadWeights({
      weights: name,
      ...(inputRange ? { inputRange } : {}),
      home,
      env: variables,
      fetch: nodeFetch(variables),
      signal: this.signal,
      onNotice: (text) => this.notice(text),
      onProgress: ({ done, total }) =>
        this.#line.status(`Fetching weights  ${byteSize(done)}${total ? ` of ${byteSize(total)}` : ""}`),
    });
    this.#line.clear();
    return weights;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
    this.#line.clear();
    await this.#features?.close();
    await this.#pool?.close();
    for (const source of this.#sources) await source[Symbol.asyncDispose]();
    await this.#selected?.backend.dispose();
  }
}
