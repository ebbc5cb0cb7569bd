import { crc32 } from "node:zlib";
import type { RunPlatform } from "@graft/api";
import {
  cacheFolders,
  loadWeights,
  type NodeFeatureStore,
  nodeFetch,
  openFeatureStore,
} from "@graft/core/node";

export interface PlatformOptions {
  /** Folder of the cache and of weights that were fetched. */
  readonly home: string;
  /** GRAFT_… and proxies are read. */
  readonly env: NodeJS.ProcessEnv;
  /** graft's. */
  readonly version: string;
  /** Told what its owner should know of the cache. */
  readonly onNotice: (notice: string) => void;
  /** Aborted when the host ends: downloads stop. */
  readonly signal: AbortSignal;
}

/** A home's cache of features and its weights, for trainings of a server's workers. */
export class ServerPlatform implements RunPlatform, AsyncDisposable {
  readonly versions: Readonly<Record<string, string>>;
  readonly crc32 = crc32;
  readonly #options: PlatformOptions;
  #features: Promise<NodeFeatureStore> | undefined;

  constructor(options: PlatformOptions) {
    this.#options = options;
    this.versions = { graft: options.version };
  }

  features(): Promise<NodeFeatureStore> {
    const { home, onNotice } = this.#options;
    const { features: folder, archives } = cacheFolders(home);
    this.#features ??= openFeatureStore({ folder, archives, onLimit: onNotice, onNewer: onNotice });
    // another try may find what was missing
    this.#features.catch(() => {
      this.#features = undefined;
    });
    return this.#features;
  }

  loadWeights: RunPlatform["loadWeights"] = ({ weights, inputRange, cut, onEvent }) => {
    const { home, env, signal } = this.#options;
    return loadWeights({
      ...{ weights, home, env, fetch: nodeFetch(env), signal, notices: "short" },
      ...(inputRange ? { inputRange } : {}),
      ...(cut ? { cut } : {}),
      onNotice: (message) => onEvent?.({ type: "notice", message }),
      onProgress: (progress) => onEvent?.({ type: "fetch", what: "weights", progress }),
    });
  };

  /** Whoever asks names weights that every home has or can fetch. */
  hasWeights = async (): Promise<boolean> => true;

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#features)?.close();
  }
}
