/**
 * The native libraries as packages by platform (@graft/onnxruntime-linux-x64, @graft/dawn-win32-arm64, …): optional
 * dependencies of @graft/backend-select, of which npm installs those whose `os`, `cpu` and `libc` are the machine's.
 *
 * Their version is that of the library, so a release of graft with the same libraries publishes none of them again.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { addLicence, type Manifest, ROOT, readManifest, writeManifest } from "./manifest.ts";
import { npmPackage } from "./npm-tarball.ts";

/** ThirdPartyNotices.txt of a library's release, by package and version: another version needs its own. */
const NOTICES = join(import.meta.dirname, "notices");

interface Library {
  /** As npm knows it. */
  readonly source: string;
  /** Of our packages, before the platform. */
  readonly prefix: string;
  readonly title: string;
  readonly holder: string;
  /** Licence of the library, where npm's package names that of its wrapper. */
  readonly license?: string;
  /** npm serves the library without the notices of what it is linked with: {@link NOTICES} has them. */
  readonly notices: boolean;
  /** The file that Node loads. */
  readonly entry: string;
  readonly folder: (os: string, cpu: string) => string;
  /** `os-cpu`; `universal` is every processor of that system. */
  readonly platforms: readonly string[];
}

const LIBRARIES: readonly Library[] = [
  {
    source: "onnxruntime-node",
    prefix: "@graft/onnxruntime",
    title: "ONNX Runtime",
    holder: "Microsoft Corporation",
    notices: true,
    entry: "onnxruntime_binding.node",
    folder: (os, cpu) => join("bin", "napi-v6", os, cpu),
    platforms: ["linux-x64", "linux-arm64", "darwin-arm64", "win32-x64", "win32-arm64"],
  },
  {
    source: "webgpu",
    prefix: "@graft/dawn",
    title: "Dawn (WebGPU)",
    holder: "The Dawn & Tint Authors",
    license: "BSD-3-Clause",
    notices: false,
    entry: "dawn.node",
    folder: (os, cpu) => join("dist", `${os}-${cpu}`),
    platforms: ["linux-x64", "linux-arm64", "darwin-universal", "win32-x64", "win32-arm64"],
  },
];

export interface PlatformPackage {
  readonly name: string;
  readonly version: string;
  /** Staged, ready for `npm pack`. */
  readonly folder: string;
}

/** npm holds no links, so a library and the link to it are two equal files; the binding loads the one that it names. */
function dropUnnamedCopies(folder: string, entry: string): void {
  const binding = readFileSync(join(folder, entry));
  const kept = new Set<string>();
  const named = (file: string) => binding.includes(file);
  const files = readdirSync(folder).sort((a, b) => Number(named(b)) - Number(named(a)));
  for (const file of files) {
    const digest = createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
    if (kept.has(digest)) rmSync(join(folder, file));
    kept.add(digest);
  }
}

/** Licences and notices that bind whoever hands the files on. */
function addNotices(library: Library, source: string, folder: string, platform: string): void {
  for (const file of readdirSync(source))
    if (/^licen[cs]e/i.test(file)) cpSync(join(source, file), join(folder, file));
  const { version, license } = readManifest(source);
  addLicence(folder, license, library.holder);
  if (library.notices) {
    const notices = join(NOTICES, `${library.source}-${String(version)}.txt`);
    if (!existsSync(notices))
      throw new Error(`Bring ${notices}: ThirdPartyNotices.txt of ${library.title} ${String(version)}`);
    cpSync(notices, join(folder, "ThirdPartyNotices.txt"));
  }
  if (!existsSync(join(folder, "dxcompiler.dll"))) return;
  // webgpu's package has the compiler's texts beside the compiler; onnxruntime-node's has the compiler alone
  const texts = join(npmPackage("webgpu"), "dist", platform);
  for (const file of ["dxcompiler-LICENSE.TXT", "dxcompiler-ThirdPartyNotices.txt"])
    cpSync(join(texts, file), join(folder, file));
}

function stageOne(library: Library, platform: string): PlatformPackage {
  const [os = "", cpu = ""] = platform.split("-");
  const source = npmPackage(library.source);
  const from = join(source, library.folder(os, cpu));
  if (!existsSync(join(from, library.entry)))
    throw new Error(`${library.source} of npm has no ${library.folder(os, cpu)}/${library.entry}`);
  const name = `${library.prefix}-${platform}`;
  const folder = join(ROOT, "build", "stage", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(from, folder, { recursive: true });
  dropUnnamedCopies(folder, library.entry);
  addNotices(library, source, folder, platform);
  const { version, license, repository } = readManifest(source);
  const manifest: Manifest = {
    name,
    version,
    description: `${library.title} for ${platform}, the files of npm's ${library.source} ${String(version)}.`,
    license: library.license ?? license,
    repository,
    main: library.entry,
    os: [os],
    cpu: cpu === "universal" ? ["x64", "arm64"] : [cpu],
    // the builds for Linux need glibc: musl has nothing that would load them
    ...(os === "linux" ? { libc: ["glibc"] } : {}),
    preferUnplugged: true,
  };
  writeManifest(folder, manifest);
  return { name, version: String(version), folder };
}

/** Every library for every platform that it is built for. */
export function stagePlatformPackages(): readonly PlatformPackage[] {
  return LIBRARIES.flatMap((library) => library.platforms.map((platform) => stageOne(library, platform)));
}
