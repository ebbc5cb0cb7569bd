import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

/** A path that need not exist yet, and the folders above it. */
export interface PlaceOnDisk {
  /** It is that folder. */
  is(folder: string): Promise<boolean>;
  /** It is that folder or lies in it. False for what is no folder. */
  isIn(folder: string): Promise<boolean>;
}

/**
 * Looks where a path leads, once, so that it can be held against any number of folders. They are compared by what they are on
 * disk: neither links, nor a second mount, nor a file system that takes A for a hides that two names are of one folder.
 */
export async function placeOnDisk(path: string): Promise<PlaceOnDisk> {
  const own = await realPlace(resolve(path));
  const ids = await Promise.all(pathsUpFrom(own).map(folderId));
  return {
    is: async (folder) => ids[0] !== undefined && (await folderId(folder)) === ids[0],
    isIn: async (folder) => {
      const id = await folderId(folder);
      return id !== undefined && ids.includes(id);
    },
  };
}

/** "/a/b" → "/a/b", "/a", "/" */
function pathsUpFrom(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...pathsUpFrom(above)];
}

/** Undefined for what is no folder, or is not there. */
async function folderId(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts?.isDirectory() ? `${facts.dev}:${facts.ino}` : undefined;
}

/** Where a path leads that need not exist yet. */
async function realPlace(path: string): Promise<string> {
  const above = dirname(path);
  try {
    return await realpath(path);
  } catch {
    return above === path ? path : join(await realPlace(above), relative(above, path));
  }
}
