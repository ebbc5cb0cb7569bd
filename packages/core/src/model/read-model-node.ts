import { nodeFolder } from "../files/folder-node.ts";
import { sha256 } from "../sha256-node.ts";
import { readModel } from "./read-model.ts";
import type { Model } from "./types.ts";

/** `readModel` of a directory. */
export const readModelFolder = (folder: string): Promise<Model> => readModel(nodeFolder(folder), { sha256 });
