import { crc32 } from "node:zlib";
import type { RunPlatform } from "@graft/api";
import { loadWeights, nodeFetch } from "@graft/core/node";
import type { HomeFeatures } from "./home-features.ts";

export interface PlatformOptions {
  /** Folder of weights that were fetched. */
  readonly home: string;
  /** The home's. */
  readonly features: Pick<HomeFeatures, "open">;
  /** GRAFT_… and proxies are read. */
  readonly env: NodeJS.ProcessEnv;
  /** graft's. */
  readonly version: string;
  /** Aborted when the host ends: downloads stop. */
  readonly signal: AbortSignal;
}

/** A home's cache of features and its weights, for trainings of a server's workers. */
export class ServerPlatform implements RunPlatform {
  readonly versions: Readonly<Record<string, string>>;
  readonly crc32 = crc32;
  readonly #options: PlatformOptions;

  constructor(options: PlatformOptions) {
    this.#options = options;
    this.versions = { graft: options.version };
  }

  features: RunPlatform["features"] = () => this.#options.features.open();

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
}
