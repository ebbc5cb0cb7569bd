import type { Augmentation } from "../config/config.ts";
import type { SerializedError } from "../errors.ts";
import type { ImageFacts, ImageRule } from "./types.ts";

/** A file and the SHA-256 (hex) that its content must still have. */
export interface HashedFile {
  readonly path: string;
  readonly hash: string;
}

/** What a look at one file tells. */
export interface InspectedFile {
  /** SHA-256 of the content, hex. */
  readonly hash: string;
  readonly bytes: number;
  readonly facts: ImageFacts;
}

export type PoolTask =
  | { readonly type: "inspect"; readonly path: string }
  | {
      readonly type: "prepare";
      readonly file: HashedFile;
      readonly rule: ImageRule;
      readonly augmentation: Augmentation | null;
      readonly variants: readonly number[];
    };

export interface PoolRequest {
  readonly id: number;
  readonly task: PoolTask;
}

/** What a thread says once, when it has loaded what it needs. */
export interface PoolReady {
  readonly type: "ready";
}

export type PoolReply =
  | { readonly id: number; readonly type: "inspected"; readonly file: InspectedFile }
  | { readonly id: number; readonly type: "prepared"; readonly images: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly id: number; readonly type: "failed"; readonly error: SerializedError };
