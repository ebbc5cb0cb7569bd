import type { PrepareImage } from "./prepare-image.ts";
import type { DatasetImage } from "./types.ts";

/** Pictures of something else than any data set: what a finished model says of them goes into its record. */
export interface ForeignImages {
  /** "emoji" */
  readonly name: string;
  /** Called when they are wanted. */
  readonly images: () => Promise<readonly DatasetImage[]>;
  readonly prepare: PrepareImage;
}
