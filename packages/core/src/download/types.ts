/** The network as core sees it: the platform's own `fetch`, or one that goes through a proxy. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** A server that has sent nothing for a while. */
export interface Waiting {
  /** Since the last byte came, over all attempts. */
  readonly seconds: number;
  /** After so many without a byte the download ends. */
  readonly limitSeconds: number;
  /** From 1. */
  readonly attempt: number;
  readonly attempts: number;
}

/** How far a download or an unpacking is. */
export interface ByteProgress {
  readonly done: number;
  /** Unknown when the server does not say. */
  readonly total?: number;
  /** Set, about once a second, while nothing comes. */
  readonly waiting?: Waiting;
}
