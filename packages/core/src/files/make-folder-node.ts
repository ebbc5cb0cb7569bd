import { lstat, mkdir } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { codeOf } from "./system-error-node.ts";

/** The nearest folder above a path that is there, and the name in it that is not. */
async function firstMissing(path: string): Promise<string | undefined> {
  for (let above = dirname(path); ; above = dirname(above)) {
    const isThere = await lstat(above).then(
      () => true,
      () => false,
    );
    const [name] = relative(above, path).split(sep);
    if (isThere && name !== undefined) return join(above, name);
    if (above === dirname(above)) return undefined;
  }
}

/**
 * Makes a folder with all that are missing above it, as `mkdir` with `recursive`, whose refusal is not always the system's:
 * Node says ENOENT of a file system that can only be read (EROFS). So the first folder that is missing is asked for once
 * more, alone.
 * @throws the system's error.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const missing = codeOf(error) === "ENOENT" ? await firstMissing(resolve(path)) : undefined;
    if (missing === undefined) throw error;
    await mkdir(missing).catch((truth: unknown) => {
      // a link that leads nowhere: ENOENT was right
      throw codeOf(truth) === "EEXIST" ? error : truth;
    });
    // what was missing is there by now: somebody else removed and made it meanwhile
    await mkdir(path, { recursive: true });
  }
}
