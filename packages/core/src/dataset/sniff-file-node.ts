import { open } from "node:fs/promises";
import { CoreError } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { imageFormat } from "../image/sniff.ts";
import { CAMERA_RAW, unreadByName } from "../image/unread-formats.ts";
import { isNamedLikeImage } from "./junk.ts";
import type { ListedFile } from "./listing.ts";
import { unreadable } from "./walk-node.ts";

/** Enough to know every format by (an SVG's first tag may come late); a video is never read whole. */
export const HEAD_BYTES = 4096;

/** What a file's first bytes say of it. */
export type Sniffed =
  | { readonly type: "image" }
  | { readonly type: "skipped"; readonly reason: string }
  | { readonly type: "broken"; readonly code: string; readonly reason: string };

/**
 * The one rule of what is an image: by content. A name that promises an image decides only whether a file that is none
 * is skipped or broken, and of a broken one how its format is called. The exception are RAW files that are TIFFs by
 * their first bytes, with a preview that could be taken for the picture: there the name counts.
 * @param head the first `HEAD_BYTES` bytes, or all that there are.
 */
export function sniffHead(path: string, head: Uint8Array): Sniffed {
  const named = unreadByName(path);
  try {
    if (imageFormat(head) !== "tiff" || named !== CAMERA_RAW) return { type: "image" };
    return { type: "broken", code: "bad-input", reason: CAMERA_RAW.sentence };
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    const isKnown = error.facts.format !== undefined;
    if (named && !isKnown && head.length > 0)
      return { type: "broken", code: error.code, reason: named.sentence };
    if (isKnown || isNamedLikeImage(path)) return { type: "broken", code: error.code, reason: error.message };
    return { type: "skipped", reason: head.length === 0 ? "an empty file" : "not an image" };
  }
}

async function readHead(location: string): Promise<Uint8Array> {
  const file = await open(location);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Looks at a listed file; one that may not be read, or is gone by now, is broken.
 * @throws CoreError `unreadable` for trouble of the machine or of the folder.
 */
export async function sniffFile({ path, location }: ListedFile): Promise<Sniffed> {
  let head: Uint8Array;
  try {
    head = await readHead(location);
  } catch (error) {
    const failure = readFailure(location, error);
    if (!isOfOneFile(failure)) throw failure;
    return { type: "broken", code: failure.code, reason: unreadable("file", error) };
  }
  return sniffHead(path, head);
}
