import { createHash } from "node:crypto";
import { nodeFolder } from "../files/folder-node.ts";
import { readModel, type Sha256 } from "./read-model.ts";
import type { Model } from "./types.ts";

/** 36 MB: 50 ms, and 94 by `crypto.subtle`, which copies them (Node 20, Xeon). */
const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** `readModel` of a directory. */
export const readModelFolder = (folder: string): Promise<Model> => readModel(nodeFolder(folder), { sha256 });
