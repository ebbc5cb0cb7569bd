/**
 * What @graft/backend-select carries inside itself: the JavaScript of onnxruntime-node and webgpu, whose native halves
 * are packages by platform, and one build of TensorFlow.js out of the eight that each of its packages has.
 *
 * onnxruntime-node's install script downloads CUDA libraries from outside npm and fails the whole install where that
 * host is not reached; neither .npmrc nor allowScripts reaches someone who installs a package that depends on it.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addLicence, installedFolder, readManifest, writeManifest } from "./manifest.ts";

interface Carried {
  readonly holder: string;
  /** Paths inside of the package that are kept; the licence comes along. */
  readonly keep: RegExp;
  readonly module?: string;
  /** One text of one file, replaced. */
  readonly patch?: { readonly file: string; readonly text: string; readonly by: string };
}

/** Node's build, the small ES module for bundlers of a page, and the compiled kernels. */
const tfjs = (name: string): Carried => ({
  holder: "Google LLC",
  keep: new RegExp(`^(README.md|dist/(tf-${name}.node.js|tf-${name}.fesm.min.js|[^/]*\\.wasm))$`),
  module: `dist/tf-${name}.fesm.min.js`,
});

const MICROSOFT = "Microsoft Corporation";

export const CARRIED: Readonly<Record<string, Carried>> = {
  "onnxruntime-node": {
    holder: MICROSOFT,
    keep: /^(README.md|dist\/[^/]*\.(js|d\.ts))$/,
    patch: {
      file: "dist/binding.js",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of that file
      text: "`../bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of that file
      by: "`@graft/onnxruntime-${process.platform}-${process.arch}/onnxruntime_binding.node`",
    },
  },
  "onnxruntime-common": { holder: MICROSOFT, keep: /^(README.md|dist\/.*(\.js|\.d\.ts|package\.json))$/ },
  webgpu: {
    holder: "The Dawn & Tint Authors",
    keep: /^(README.md|LICENSE.md|index\.js|types\.d\.ts)$/,
    patch: {
      file: "index.js",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of that file
      text: "join(__dirname, 'dist', `${process.platform}-${arch}`, 'dawn.node')",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of that file
      by: "`@graft/dawn-${process.platform}-${arch}/dawn.node`",
    },
  },
  "@tensorflow/tfjs-core": tfjs("core"),
  "@tensorflow/tfjs-backend-cpu": tfjs("backend-cpu"),
  "@tensorflow/tfjs-backend-wasm": tfjs("backend-wasm"),
  "@tensorflow/tfjs-backend-webgpu": tfjs("backend-webgpu"),
  seedrandom: { holder: "David Bau", keep: /^(README.md|index\.js|seedrandom\.js|lib\/.*\.js)$/ },
};

function carry(name: string, carried: Carried, from: string, into: string): string {
  const source = installedFolder(name, from);
  const target = join(into, "node_modules", name);
  mkdirSync(target, { recursive: true });
  cpSync(source, target, {
    recursive: true,
    filter: (path) => {
      const inside = path.slice(source.length + 1).replaceAll("\\", "/");
      if (inside.startsWith("node_modules")) return false;
      return statSync(path).isDirectory() || inside === "package.json" || carried.keep.test(inside);
    },
  });
  const {
    scripts: _scripts,
    dependencies,
    devDependencies,
    peerDependencies,
    optionalDependencies,
    ...kept
  } = readManifest(target);
  const { license, version } = kept;
  writeManifest(target, carried.module === undefined ? kept : { ...kept, module: carried.module });
  addLicence(target, license, carried.holder);
  if (carried.patch !== undefined) {
    const { file, text, by } = carried.patch;
    const parts = readFileSync(join(target, file), "utf8").split(text);
    if (parts.length !== 2) throw new Error(`${name}/${file} does not load its library as it did: ${text}`);
    writeFileSync(join(target, file), parts.join(by));
  }
  return String(version);
}

/**
 * Puts {@link CARRIED} into a staged package.
 * @param from folder of the package's source, whose dependencies they are.
 * @returns name → version.
 */
export function bundle(from: string, into: string): Readonly<Record<string, string>> {
  rmSync(join(into, "node_modules"), { recursive: true, force: true });
  return Object.fromEntries(
    Object.entries(CARRIED).map(([name, carried]) => [name, carry(name, carried, from, into)]),
  );
}
