import { type ImageFacts, type Part, visibleText } from "@graft/core";
import type { DatasetNote, ImageRow } from "../ports/rows.ts";

/** A file of an upload that was looked at: a picture, or one that should be a picture and cannot be read. */
export interface IncomingImage {
  /** Name as its sender gave it, below the data set. */
  readonly path: string;
  readonly hash: string;
  readonly bytes: number;
  /** Name of its class; null: none. */
  readonly label: string | null;
  /** Null for one that cannot be read; `reason` says why then. */
  readonly facts: ImageFacts | null;
  readonly reason: string | null;
  readonly group: string | null;
  /** Side that its folders gave it. */
  readonly part: Part | null;
  /** Blob of its thumbnail. */
  readonly thumbnail: string | null;
}

/** What came of a page of files. */
export interface Taken {
  added: number;
  /** Their class had these bytes before. */
  same: number;
  /** Of those that were added. */
  unsorted: number;
}

/** How an upload's rows are told from those that were there before, also by a second try after a kill. */
export interface Mark {
  readonly addedAt: number;
  readonly addedBy: string;
}

export const isOwn = (row: Pick<ImageRow, "addedAt" | "addedBy">, mark: Mark): boolean =>
  row.addedAt === mark.addedAt && row.addedBy === mark.addedBy;

/**
 * True for a picture whose bytes its class had before the upload, in use or not; one of no class is there wherever its bytes are.
 * @param there all of these bytes that the data set has.
 */
export function isThere(
  { hash }: Pick<IncomingImage, "hash">,
  classId: string | null,
  there: readonly ImageRow[],
  mark: Mark,
): boolean {
  return there.some(
    (row) => row.hash === hash && !isOwn(row, mark) && (classId === null || row.class === classId),
  );
}

/** The most that is kept of what was said of a data set's pictures, newest last. */
const MOST_NOTES = 50;

/** What was said before, and what is said now and was not. */
export function joinNotes(
  before: readonly DatasetNote[],
  added: readonly DatasetNote[],
): readonly DatasetNote[] {
  const known = new Set(before.map(({ code, message }) => `${code} ${message}`));
  const news = added.filter(({ code, message }) => !known.has(`${code} ${message}`));
  return [...before, ...news.map(({ code, message }) => ({ code, message: visibleText(message) }))].slice(
    -MOST_NOTES,
  );
}
