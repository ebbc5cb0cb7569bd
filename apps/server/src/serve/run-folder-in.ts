import type { Folder } from "@graft/core";
import { placeOnDisk } from "@graft/core/node";

/** Runs' own folders, on this machine's disk. @param root holds them, each by its run's id. */
export function runFolderIn(root: string): (run: string) => Folder {
  const { folder, path } = placeOnDisk(root);
  const runs = folder.folder(path);
  return (run) => runs.folder(run);
}
