import { existsSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ADDON_VERSION, ENGINE_RECIPES, type EngineName, enginePaths } from "./engine-folder-node.ts";
import type { StepContext } from "./fetch-wheel-node.ts";
import { runCommand } from "./run-command-node.ts";
import { STAND_IN_NAMES, writeTfjsStandIn } from "./tfjs-stand-in-node.ts";

/** The names that the linker looks for at build time, beside the ones that the libraries call themselves. */
const LINKS = [
  ["libtensorflow.so", "libtensorflow_cc.so.2"],
  ["libtensorflow_framework.so", "libtensorflow_framework.so.2"],
] as const;

/** Fetches the addon's source package without its install script, which would download an old libtensorflow. */
export async function fetchAddonSource(build: string, name: EngineName, context: StepContext): Promise<void> {
  const { npmPackage } = ENGINE_RECIPES[name];
  await writeTfjsStandIn(join(build, "stand-in"), "@tensorflow/tfjs");
  const manifest = {
    private: true,
    dependencies: { [npmPackage]: ADDON_VERSION },
    overrides: { "@tensorflow/tfjs": "file:./stand-in" },
  };
  await writeFile(join(build, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await runCommand("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], {
    ...context,
    cwd: build,
    what: `npm could not fetch ${npmPackage}@${ADDON_VERSION}.`,
    fix: "Try again; npm's log names the cause.",
  });
}

/** Puts TensorFlow's libraries and headers where the addon's binding.gyp looks for them. */
export async function placeTensorflow(build: string, name: EngineName, unpacked: string): Promise<void> {
  const { addonPackage, libraries } = enginePaths(build, name);
  await mkdir(libraries, { recursive: true });
  for (const [link, library] of LINKS) {
    await rename(join(unpacked, "tensorflow", library), join(libraries, library));
    await symlink(library, join(libraries, link));
  }
  await rename(join(unpacked, "tensorflow", "include"), join(addonPackage, "deps", "include"));
  // libtensorflow looks for CUDA at $ORIGIN/../nvidia, and $ORIGIN is deps/lib
  const nvidia = join(unpacked, "nvidia");
  if (existsSync(nvidia)) await rename(nvidia, join(addonPackage, "deps", "nvidia"));
}

/** Node's headers beside the running Node, where it has them: node-gyp then downloads none. */
function headersEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const root = resolve(dirname(process.execPath), "..");
  const given = env.npm_config_nodedir ?? env.NPM_CONFIG_NODEDIR;
  if (given !== undefined || !existsSync(join(root, "include", "node", "node_api.h"))) return env;
  return { ...env, npm_config_nodedir: root };
}

/** What node-pre-gyp and node-gyp write after a compiler's own words: their call stacks and versions. */
const GYP_NOISE =
  /^(node-pre-gyp|Failed to execute|npm (ERR!|error)|gyp info|gyp ERR! (stack|System|command|cwd|node|not ok|\$npm_))/;

/** Compiles the addon; npm's `run` gives node-pre-gyp npm's own node-gyp and settings. */
export async function compileAddon(build: string, name: EngineName, context: StepContext): Promise<void> {
  await runCommand("npm", ["run", "build-addon-from-source"], {
    ...context,
    env: headersEnvironment(context.env),
    cwd: enginePaths(build, name).addonPackage,
    what: "The TensorFlow addon could not be compiled.",
    noise: GYP_NOISE,
    fix: "It needs g++ with C++17, make, python3 and Node's headers (npm's nodedir, or node-gyp's own download).",
  });
}

/** Takes what runs out of the build folder into the engine's. */
export async function assembleEngine(build: string, engine: string, name: EngineName): Promise<void> {
  const from = enginePaths(build, name);
  const to = enginePaths(engine, name);
  for (const part of ["package.json", "dist", "lib", join("deps", "lib"), join("deps", "nvidia")]) {
    if (!existsSync(join(from.addonPackage, part))) continue;
    await mkdir(dirname(join(to.addonPackage, part)), { recursive: true });
    await rename(join(from.addonPackage, part), join(to.addonPackage, part));
  }
  await rename(join(from.modules, "google-protobuf"), join(to.modules, "google-protobuf"));
  for (const standIn of STAND_IN_NAMES) await writeTfjsStandIn(join(to.modules, standIn), standIn);
  await rm(build, { recursive: true, force: true });
}
