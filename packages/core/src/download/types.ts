/** The network as core sees it: the platform's own `fetch`, or one that goes through a proxy. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** How far a download or an unpacking is. */
export interface ByteProgress {
  readonly done: number;
  /** Unknown when the server does not say. */
  readonly total?: number;
}
