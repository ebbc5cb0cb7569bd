import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The TensorFlow engines that `graft engines install` builds. */
export type EngineName = "tensorflow" | "tensorflow-cuda";

/** What an engine is made of. */
export interface EngineRecipe {
  /** TensorFlow.js's package with the addon's source and its kernels. */
  readonly npmPackage: string;
  /** The Python package that carries libtensorflow. */
  readonly wheel: string;
  /** True when NVIDIA's libraries, which the wheel only names (its extra `and-cuda`), are brought too. */
  readonly bringsCuda: boolean;
  /** Room that the installation takes at its widest point, with some to spare. */
  readonly diskBytes: number;
}

export const ADDON_VERSION = "4.22.0";
export const TENSORFLOW_VERSION = "2.21.0";

const GB = 1e9;

export const ENGINE_RECIPES: Readonly<Record<EngineName, EngineRecipe>> = {
  tensorflow: {
    npmPackage: "@tensorflow/tfjs-node",
    wheel: "tensorflow-cpu",
    bringsCuda: false,
    diskBytes: 1.5 * GB,
  },
  "tensorflow-cuda": {
    npmPackage: "@tensorflow/tfjs-node-gpu",
    wheel: "tensorflow",
    bringsCuda: true,
    diskBytes: 12 * GB,
  },
};

/** HOME/engines/NAME */
export const engineFolder = (home: string, name: EngineName): string => join(home, "engines", name);

/** Where the parts of an engine are inside its folder; the addon looks for TensorFlow at ../../deps/lib. */
export function enginePaths(folder: string, name: EngineName) {
  const { npmPackage } = ENGINE_RECIPES[name];
  const addonPackage = join(folder, "node_modules", npmPackage);
  return {
    stamp: join(folder, "engine.json"),
    modules: join(folder, "node_modules"),
    addonPackage,
    kernels: join(addonPackage, "dist", "register_all_kernels.js"),
    kernelBackend: join(addonPackage, "dist", "nodejs_kernel_backend.js"),
    // every Node that graft runs on speaks Node-API 8, the highest that the package names
    addon: join(addonPackage, "lib", "napi-v8", "tfjs_binding.node"),
    libraries: join(addonPackage, "deps", "lib"),
  };
}

/** The content of an engine's stamp file; another content means another version, or no whole installation. */
export function stampText(name: EngineName): string {
  const { npmPackage, wheel } = ENGINE_RECIPES[name];
  const stamp = {
    formatVersion: 1,
    engine: name,
    addon: `${npmPackage}@${ADDON_VERSION}`,
    wheel: `${wheel}==${TENSORFLOW_VERSION}`,
  };
  return `${JSON.stringify(stamp, null, 2)}\n`;
}

/** Why the folder holds no engine that this version can load, or undefined when all of it is there. */
export function whyNotInstalled(folder: string, name: EngineName): string | undefined {
  if (!existsSync(folder)) return `no ${folder}`;
  const paths = enginePaths(folder, name);
  let stamp: string;
  try {
    stamp = readFileSync(paths.stamp, "utf8");
  } catch {
    return `${paths.stamp} cannot be read`;
  }
  if (stamp !== stampText(name)) return `${paths.stamp} belongs to another version`;
  const missing = [paths.kernels, paths.kernelBackend, paths.addon].find((path) => !existsSync(path));
  return missing === undefined ? undefined : `${missing} is missing`;
}
