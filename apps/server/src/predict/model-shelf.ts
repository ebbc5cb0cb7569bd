import { CoreError, type Model } from "@graft/core";
import { type ModelPlace, type OpenModel, openModel } from "./open-model.ts";
import { Turns } from "./turns.ts";

/** Where a model is read from, when it is not on the shelf. */
export interface ModelSource {
  /** Bytes that it takes in memory at most, told before it is read. @throws CoreError `not-found`. */
  bytes(): Promise<number>;
  /** @throws CoreError as `readModel`. */
  read(): Promise<Model>;
}

interface Entry {
  readonly opening: Promise<OpenModel>;
  bytes: number;
  users: number;
  /** When it was last asked, in order of asking. */
  used: number;
}

export interface ModelShelfOptions {
  readonly place: ModelPlace;
  /** Memory for all models together. */
  readonly limitBytes: number;
  /** Called when a model was loaded: what was read may go. */
  readonly onLoaded?: () => void;
}

/** Keeps models loaded, as many as there is memory for; the one that nobody asked for longest goes first. */
export class ModelShelf {
  readonly #options: ModelShelfOptions;
  readonly #entries = new Map<string, Entry>();
  /** One model is read at a time: two would need the memory of both before either is counted. */
  readonly #loads = new Turns();
  #uses = 0;
  #released: (() => void)[] = [];

  constructor(options: ModelShelfOptions) {
    this.#options = options;
  }

  get facts(): { readonly models: number; readonly bytes: number } {
    return { models: this.#entries.size, bytes: this.#bytes };
  }

  /**
   * Does something with a model, which stays loaded meanwhile.
   * @param key of the model and of how it is opened.
   * @throws CoreError `limit` for one that is larger than the limit; as its source, and as `work`.
   */
  async use<T>(
    request: { readonly key: string; readonly explains: boolean; readonly source: ModelSource },
    work: (model: OpenModel) => Promise<T>,
  ): Promise<T> {
    const name = `${request.key}${request.explains ? "/explained" : ""}`;
    const known = this.#entries.get(name);
    const entry = known ?? this.#load(name, request);
    entry.users++;
    entry.used = ++this.#uses;
    try {
      return await work(await entry.opening);
    } finally {
      entry.users--;
      for (const wake of this.#released.splice(0)) wake();
    }
  }

  get #bytes(): number {
    const { trunks } = this.#options.place;
    return [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, trunks.bytes);
  }

  #load(
    name: string,
    { explains, source }: { readonly explains: boolean; readonly source: ModelSource },
  ): Entry {
    const { place, onLoaded } = this.#options;
    const opening = this.#loads.take(async () => {
      const most = await source.bytes();
      await this.#makeRoom(most);
      const open = await openModel(await source.read(), place, { explains });
      entry.bytes = open.bytes;
      return open;
    });
    const entry: Entry = { opening, bytes: 0, users: 0, used: 0 };
    this.#entries.set(name, entry);
    opening.then(
      () => onLoaded?.(),
      () => this.#entries.delete(name),
    );
    return entry;
  }

  /** Gives up models until there is room, and waits for those in use where nothing else helps. */
  async #makeRoom(bytes: number): Promise<void> {
    const { limitBytes } = this.#options;
    if (bytes > limitBytes)
      throw new CoreError("limit", {
        what: "The model is larger than the memory that models may take.",
        received: `${Math.ceil(bytes / 1e6)} MB`,
        expected: `at most ${Math.floor(limitBytes / 1e6)} MB`,
        fix: "An admin can allow more.",
      });
    while (this.#bytes + bytes > limitBytes) {
      const oldest = [...this.#entries]
        .filter(([, { users, bytes: size }]) => users === 0 && size > 0)
        .sort(([, a], [, b]) => a.used - b.used)[0];
      if (oldest) await this.#giveUp(...oldest);
      else await new Promise<void>((wake) => this.#released.push(wake));
    }
  }

  async #giveUp(name: string, { opening }: Entry): Promise<void> {
    this.#entries.delete(name);
    const model = await opening.catch(() => undefined);
    model?.[Symbol.dispose]();
  }
}
