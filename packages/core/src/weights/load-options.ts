import type { ByteProgress, Fetch } from "../download/types.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";

/** Where weights come from, and what the surroundings give for it. */
export interface LoadWeightsOptions {
  /** auto, bundled, imagenet, the path of a .h5, .h5.gz, .keras or model.json, a model of graft or its run's id, or a URL. */
  readonly weights: string;
  /** Range that the weights expect of pixels. @default the source's own */
  readonly inputRange?: readonly [number, number];
  /** The last block that is needed: weights that end before it are refused. @default the whole trunk */
  readonly cut?: CutLayer;
  /** Folder that has `weights`, the cache. */
  readonly home: string;
  /** GRAFT_OFFLINE, GRAFT_WEIGHTS_MIRROR. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal;
  /** How much a notice of the bundled weights says: all, or a line of at most 80 characters. @default "full" */
  readonly notices?: "full" | "short";
  /** Hears, in a line each, what a person should know: which weights, what is fetched, what is assumed. */
  readonly onNotice?: (text: string) => void;
  readonly onProgress?: (progress: ByteProgress) => void;
}
