import { checkPlace } from "../files/check-place-node.ts";
import { nodeFolder, placeOnDisk } from "../files/folder-node.ts";
import type { Model } from "../model/types.ts";
import { sha256, sha256InPieces } from "../sha256-node.ts";
import { type VerifyOptions, verifyModel } from "./verify-model.ts";
import { MODEL_PLACE, type WriteModelOptions, writeModel } from "./write-model.ts";

type ForceOption = Pick<WriteModelOptions, "force">;

/** Looks whether a model may be written there, before it is trained. @throws as `writeModelFolder`. */
export const checkModelFolder = (folder: string, { force = false }: ForceOption = {}): Promise<void> =>
  checkPlace(folder, { ...MODEL_PLACE, force });

/** `writeModel` at a path. @returns the folder's absolute path. */
export const writeModelFolder = (model: Model, folder: string, options: ForceOption = {}): Promise<string> =>
  writeModel(model, placeOnDisk(folder), { ...options, hash: sha256InPieces });

/** `verifyModel` of a directory. */
export const verifyModelFolder = (
  folder: string,
  model: Model,
  options: Omit<VerifyOptions, "sha256">,
): Promise<number> => verifyModel(nodeFolder(folder), model, { ...options, sha256 });
