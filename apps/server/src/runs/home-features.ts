import type { KeptFeatures } from "@graft/api";
import { cacheFolders, forgetFeatures, type NodeFeatureStore, openFeatureStore } from "@graft/core/node";

/** A home's cache of features, opened on first use, for all that a server does with it. */
export class HomeFeatures implements KeptFeatures, AsyncDisposable {
  readonly #home: string;
  readonly #onNotice: (notice: string) => void;
  #opened: Promise<NodeFeatureStore> | undefined;

  /** @param onNotice told what its owner should know of the cache. */
  constructor(home: string, onNotice: (notice: string) => void) {
    this.#home = home;
    this.#onNotice = onNotice;
  }

  async forget(hashes: ReadonlySet<string>): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    if (opened) await opened.forget(hashes);
    else await forgetFeatures(cacheFolders(this.#home).features, hashes);
  }

  /** Another process may have given up some of it: it is let go of. */
  async look(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.look();
  }

  open(): Promise<NodeFeatureStore> {
    const { features: folder, archives } = cacheFolders(this.#home);
    const [onLimit, onNewer] = [this.#onNotice, this.#onNotice];
    this.#opened ??= openFeatureStore({ folder, archives, onLimit, onNewer });
    // another try may find what was missing
    this.#opened.catch(() => {
      this.#opened = undefined;
    });
    return this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.close();
  }
}
