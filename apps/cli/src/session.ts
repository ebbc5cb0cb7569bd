/** What several commands open: image workers, the backend, the feature store; closed together. */
import { type SelectedBackend, selectBackend } from "@graft/backend-select";
import type { Dataset, TrunkWeights } from "@graft/core";
import {
  createImagePool,
  type ImagePool,
  loadWeights,
  type NodeImageSource,
  nodeFetch,
  openDataset,
} from "@graft/core/node";
import { byteSize } from "./output/text.ts";
import { StatusLine } from "./output/train-reporter.ts";
import type { CommandContext } from "./program.ts";

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
    this.notice("Stopping at the next step; Ctrl-C again ends at once.");
    this.#controller.abort();
  };

  /** One line for people on stderr; silent with --json. */
  notice(text: string): void {
    if (!this.context.json) this.#line.print(text);
  }

  get pool(): ImagePool {
    this.#pool ??= createImagePool();
    return this.#pool;
  }

  async backend(name: string | undefined): Promise<SelectedBackend> {
    const { home, variables } = this.context.environment;
    this.#selected ??= await selectBackend({
      ...(name === undefined ? {} : { backend: name }),
      home,
      env: variables,
    });
    return this.#selected;
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
    await this.#pool?.close();
    await this.#selected?.backend.dispose();
  }
}
