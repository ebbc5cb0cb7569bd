import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ADDON_VERSION } from "./engine-folder-node.ts";

const KEY_TEXT = "graft.tfjs-core";

/** Where addon-node.ts puts our tfjs-core while the kernels load. */
export const CORE_KEY = Symbol.for(KEY_TEXT);

/** The packages that tfjs-node's kernels require; they ask for nothing but tfjs-core's exports. */
export const STAND_IN_NAMES = ["@tensorflow/tfjs", "@tensorflow/tfjs-core"] as const;

/**
 * Writes a package that takes the place of one of {@link STAND_IN_NAMES} in an engine's folder and is our own tfjs-core.
 * The real ones are 280 MB, a second tfjs-core among them, with backends that register themselves over ours.
 */
export async function writeTfjsStandIn(folder: string, name: (typeof STAND_IN_NAMES)[number]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const manifest = { name, version: ADDON_VERSION, main: "index.js" };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const key = `Symbol.for(${JSON.stringify(KEY_TEXT)})`;
  await writeFile(join(folder, "index.js"), `module.exports = globalThis[${key}];\n`);
}
