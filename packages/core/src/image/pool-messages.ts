import type { Augmentation } from "../config/config.ts";
import type { SerializedError } from "../errors.ts";
import type { ImageInput, InspectedFile, InspectedPicture } from "./pool.ts";
import type { ImageRule } from "./types.ts";

export type PoolTask =
  | {
      readonly type: "inspect";
      readonly image: string | Uint8Array;
      /** Long side in pixels of a small picture that is made on the way. @default none */
      readonly thumbnail?: number;
    }
  | {
      readonly type: "prepare";
      readonly image: ImageInput;
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
  | { readonly id: number; readonly type: "inspected"; readonly file: InspectedFile | InspectedPicture }
  | { readonly id: number; readonly type: "prepared"; readonly images: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly id: number; readonly type: "failed"; readonly error: SerializedError };
