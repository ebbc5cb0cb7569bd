/** A part of a list: what comes after `after`, at most `limit`. */
export interface PageRequest {
  /** `Page.next` of the page before. @default from the start */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Of the next page; absent at the end. It says nothing to people. */
  readonly next?: string;
}
