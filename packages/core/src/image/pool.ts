import type { Augmentation } from "../config/config.ts";
import type { DecoderId } from "./decoder-version.ts";
import type { ImageFacts, ImageRule } from "./types.ts";

/** An image file: where a host finds it, or its bytes. */
export type ImageInput = (
  | { readonly path: string }
  /** They are copied. */
  | { readonly bytes: Uint8Array }
) & {
  /** SHA-256 (hex) that its content must still have. @default whatever it has */
  readonly hash?: string;
};

/** What a look at one file tells. */
export interface InspectedFile {
  /** SHA-256 of the content, hex. */
  readonly hash: string;
  readonly bytes: number;
  readonly facts: ImageFacts;
}

/** What a look at one file tells, with a small picture of it. */
export interface InspectedPicture extends InspectedFile {
  /** WebP. */
  readonly thumbnail: Uint8Array<ArrayBuffer>;
}

/** Reads and prepares images beside the thread that asks. Callers bound how much they ask for at once. */
export interface ImagePool {
  /** Whose pixels it gives. */
  readonly decoder: DecoderId;
  readonly threads: number;
  /** Tasks that have no answer yet. */
  readonly pending: number;
  /** Starts a thread ahead of the first task, for who does something else before it: loading a decoder takes 0.2 s. */
  start(): void;
  /**
   * @param image a path, or a file's bytes.
   * @throws CoreError as ImageDecoder, `not-found`, and `unreadable` for trouble of the machine.
   */
  inspect(image: string | Uint8Array): Promise<InspectedFile>;
  /**
   * `inspect`, with a small picture from the same decoding.
   * @param longSide of the small picture in pixels; a smaller image keeps its size.
   */
  inspectWithThumbnail(image: string | Uint8Array, longSide: number): Promise<InspectedPicture>;
  /**
   * One [size, size, 3] image for each variant; without an augmentation they are all the same. Without any variant the file
   * is read and compared, and not decoded.
   * @throws CoreError as ImageDecoder and `inspect`, and `corrupt` when the file is no longer the one of that hash.
   */
  prepare(
    image: ImageInput,
    rule: ImageRule,
    augmentation: Augmentation | null,
    variants: readonly number[],
  ): Promise<readonly Uint8Array[]>;
  /** Ends the threads; what is still pending fails with `cancelled`. */
  close(): Promise<void>;
}
