// What needs Node: files, worker threads, sharp. Browser code never imports this entry.
export { MAX_PIXELS, nodeDecoder } from "./image/decode-node.ts";
export type { HashedFile, InspectedFile } from "./image/pool-messages.ts";
export { createImagePool, type ImagePool } from "./image/pool-node.ts";
