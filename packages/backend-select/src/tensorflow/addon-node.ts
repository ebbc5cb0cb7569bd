import { createRequire } from "node:module";
import { CoreError } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import { alone, startEngine } from "../tfjs/engine-turn.ts";
import { ENGINE_RECIPES, type EngineName, enginePaths } from "./engine-folder-node.ts";
import { restoreLegacyUtil } from "./legacy-util-node.ts";
import { repairConvolution } from "./repair-convolution.ts";
import { CORE_KEY } from "./tfjs-stand-in-node.ts";

/** The name that tfjs-node's code looks for itself under (nodejs_kernel_backend.js, `nodeBackend`). */
export const TENSORFLOW_ENGINE = "tensorflow";

/** TensorFlow, loaded into this process and known to tfjs-core. */
export interface Addon {
  /** e.g. "2.21.0" */
  readonly tensorflowVersion: string;
  /** True when TensorFlow computes on a GPU; it decides that by itself when it is loaded. */
  readonly usesGpu: boolean;
}

interface Loaded {
  readonly folder: string;
  readonly addon: Promise<Addon>;
}

/** A process holds one libtensorflow: the dynamic linker would give a second addon the first one's. */
let loaded: Loaded | undefined;

function propertyOf(object: unknown, name: string): unknown {
  return typeof object === "object" && object !== null ? Reflect.get(object, name) : undefined;
}

/** Requires the addon and its kernels; they bind to our tfjs-core, whatever other copies are about. */
function requireAddon(folder: string, name: EngineName): { binding: unknown; backend: tf.KernelBackend } {
  const paths = enginePaths(folder, name);
  const requireThere = createRequire(paths.stamp);
  restoreLegacyUtil();
  const binding: unknown = requireThere(paths.addon);
  // read by the stand-ins for tfjs-core in the engine's folder
  const core: unknown = createRequire(import.meta.url)("@tensorflow/tfjs-core");
  Object.defineProperty(globalThis, CORE_KEY, { value: core, configurable: true });
  try {
    requireThere(paths.kernels);
    repairConvolution(TENSORFLOW_ENGINE);
    const kernelBackend = propertyOf(requireThere(paths.kernelBackend), "NodeJSKernelBackend");
    if (typeof kernelBackend !== "function") throw new TypeError("it has no NodeJSKernelBackend");
    const backend: unknown = Reflect.construct(kernelBackend, [binding, ENGINE_RECIPES[name].npmPackage]);
    if (!(backend instanceof tf.KernelBackend)) throw new TypeError("its backend is not one of tfjs-core's");
    return { binding, backend };
  } finally {
    Reflect.deleteProperty(globalThis, CORE_KEY);
  }
}

async function load(folder: string, name: EngineName): Promise<Addon> {
  if (tf.findBackendFactory(TENSORFLOW_ENGINE)) {
    throw new CoreError("backend", {
      what: "Another tfjs-node has registered itself in this process.",
      fix: "Use graft's TensorFlow engine in a process of its own.",
    });
  }
  const { binding, backend } = await alone(async () => {
    const required = requireAddon(folder, name);
    // priority 0: tfjs-core must never come to it by itself
    tf.registerBackend(TENSORFLOW_ENGINE, () => required.backend, 0);
    return required;
  }).catch((cause: unknown) => {
    const received = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    const what = `The TensorFlow engine in ${folder} does not load.`;
    const fix = `Run: \`graft engines install ${name}\``;
    throw new CoreError("backend", { what, received, fix }, { cause });
  });
  await startEngine(TENSORFLOW_ENGINE);
  return {
    tensorflowVersion: String(propertyOf(binding, "TF_Version")),
    usesGpu: propertyOf(backend, "isUsingGpuDevice") === true,
  };
}

/**
 * Loads an installed engine and starts it, once a process; it is never taken down.
 * @throws CoreError `backend` when it does not load, or another TensorFlow is in this process.
 */
export async function loadAddon(folder: string, name: EngineName): Promise<Addon> {
  if (loaded && loaded.folder !== folder) {
    throw new CoreError("backend", {
      what: "This process has loaded another TensorFlow, and it can hold only one.",
      received: loaded.folder,
      fix: `Use ${folder} in a process of its own.`,
    });
  }
  if (loaded) return loaded.addon;
  const addon = load(folder, name);
  const mine = { folder, addon };
  loaded = mine;
  // what did not load may be installed anew meanwhile
  addon.catch(() => {
    if (loaded === mine) loaded = undefined;
  });
  return addon;
}
