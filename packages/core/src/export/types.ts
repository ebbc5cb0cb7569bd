import type { Backend } from "../backend/backend.ts";
import type { Reference } from "./agreement.ts";
import type { Columns } from "./columns.ts";

export interface ExportOptions {
  /** What graft itself says of a few images: the written file must say the same. */
  readonly reference: Reference;
  /** Runs the network that is read back. */
  readonly backend: Backend;
  /** Replace an export that is there. @default false */
  readonly force?: boolean;
  /** Of the output, where the head has one sigmoid for two classes (`withColumns`). @default 2, one a class */
  readonly columns?: Columns;
}

export interface Exported {
  /** Where the file or folder is, for people: on a disk its absolute path. */
  readonly path: string;
  /** Largest difference of a probability between what was read back and the reference, at most 1e-4. */
  readonly largestDifference: number;
}
