import { relative, sep } from "node:path";
import { cacheFolders } from "@graft/core/node";

/**
 * What to try a new model on, as a word to copy.
 * @param path an image of the data set. One of an unpacked archive has a name that says nothing and is gone after
 *   `graft cache prune`, so a name for a photo of one's own stands for it.
 */
export function exampleImage(path: string | undefined, home: string): string {
  if (path === undefined) return "IMAGE";
  const isUnpacked = !relative(cacheFolders(home).archives, path).startsWith(`..${sep}`);
  return isUnpacked ? "photo.jpg" : path;
}
