import { crc32 } from "node:zlib";
import { nodeFolder } from "../files/folder-node.ts";
import { openCheckpointStore as openOver } from "./store.ts";
import type { CheckpointStore } from "./types.ts";

/** Checkpoints in a directory; see `openCheckpointStore` of the portable part. */
export function openCheckpointStore(folder: string): CheckpointStore {
  return openOver(nodeFolder(folder), { crc32 });
}
