import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { type StaticRegistry, serveRegistry } from "../../scripts/pack/static-registry.ts";
import { describeLong } from "../long.ts";
import { PROGRAM } from "../setup/build-graft.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PACKAGES = join(ROOT, "build", "packages");
/** npm's codes for a registry that does not answer. */
const NO_REGISTRY = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED/;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A child without the npm_… variables of the npm script that runs the tests and without what this checkout's .npmrc says
 * of install scripts: a reader has neither.
 */
function runIn(folder: string, command: string, words: readonly string[]): Promise<Ended> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config)|npm_config_ignore_scripts$|NODE_|VITEST)/i.test(name),
    ),
  );
  const options = {
    cwd: folder,
    env: { ...env, GRAFT_OFFLINE: "1", GRAFT_HOME: join(folder, "home") },
    shell: process.platform === "win32",
    maxBuffer: 2 ** 26,
  };
  return new Promise((settle) => {
    execFile(command, words, options, (error, stdout, stderr) =>
      settle({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

const Manifest = z.object({ scripts: z.record(z.string(), z.string()).optional() });
const Doctor = z.object({
  candidates: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      device: z.unknown().optional(),
      usable: z.boolean(),
      reason: z.string().optional(),
      automatic: z.boolean().optional(),
    }),
  ),
  chosen: z.string(),
});
/** Bytes on Linux x64: on the disk, and to download. */
const MAX_INSTALLED = 170e6;
const MAX_DOWNLOAD = 65e6;
const HERE = `${process.platform}-${process.arch}`;
const MUSL =
  process.platform === "linux" && !/glibcVersionRuntime/.test(JSON.stringify(process.report.getReport()));

let root = "";
let folder = "";
let registry: StaticRegistry | undefined;
let installed: Ended = { code: 1, stdout: "", stderr: "not run" };
let noRegistry = false;

/** Of every file below a folder, in bytes. */
async function sizeOf(path: string): Promise<number> {
  const files = await readdir(path, { recursive: true });
  const sizes = await Promise.all(files.map((file) => lstat(join(path, file))));
  return sizes.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

/** Of a package without the packages inside of it, with "/" from there. */
const filesOf = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true }))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !file.startsWith("node_modules/"));

/** Of the tarballs in npm's cache, which this test begins empty; its other entries are lists of versions. */
async function downloadedBytes(): Promise<number> {
  const content = join(root, "cache", "_cacache", "content-v2");
  let sum = 0;
  for (const entry of await readdir(content, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    if (bytes.readUInt16BE(0) === 0x1f8b) sum += bytes.length;
  }
  return sum;
}

/** Installs graft into an empty folder from the registry, as a reader would. */
async function install(name: string, flags: readonly string[]): Promise<Ended> {
  const into = join(root, name);
  await mkdir(into);
  await writeFile(join(into, "package.json"), JSON.stringify({ name: "reader", private: true }));
  await writeFile(join(into, ".npmrc"), `@graft:registry=${registry?.url}\n`);
  const words = [
    "install",
    "--no-audit",
    "--no-fund",
    "--cache",
    join(root, "cache"),
    ...flags,
    "@graft/cli",
  ];
  return runIn(into, "npm", words);
}

/** What `graft doctor` says of the engines, but for where files lie and how fast they were. */
async function doctor(command: string, words: readonly string[]): Promise<z.infer<typeof Doctor>> {
  const { code, stdout, stderr } = await runIn(folder, command, [...words, "doctor", "--json"]);
  expect(code, stderr).toBe(0);
  const text = stdout.slice(stdout.indexOf("{")).replace(/no [^" ]*[\\/](?=[^\\/" ]*providers_cuda)/g, "no ");
  return Doctor.parse(JSON.parse(text));
}

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "graft-pack-")));
  folder = join(root, "reader");
  // not `npm run pack`: turbo puts outputs back from its cache, under the hands of the tests that run beside this one
  const built = await runIn(ROOT, "npx", ["--no-install", "tsc", "-b", "apps/cli"]);
  expect(built.code, built.stdout + built.stderr).toBe(0);
  const packed = await runIn(ROOT, process.execPath, ["--import", "tsx", join("scripts", "pack.ts")]);
  noRegistry = packed.code !== 0 && NO_REGISTRY.test(packed.stderr) && process.env.CI !== "true";
  if (noRegistry) return;
  expect(packed.code, packed.stdout + packed.stderr).toBe(0);
  registry = await serveRegistry(PACKAGES);
  installed = await install("reader", []);
  noRegistry = installed.code !== 0 && NO_REGISTRY.test(installed.stderr) && process.env.CI !== "true";
}, 600_000);

afterAll(async () => {
  await registry?.close();
  await rm(root, { recursive: true, force: true });
});

describeLong("the packages in an empty folder", () => {
  it("install with npm alone, small", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    expect(installed.code, installed.stderr).toBe(0);
    const disk = await sizeOf(join(folder, "node_modules"));
    const download = await downloadedBytes();
    const MB = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(`installed ${MB(disk)}, downloaded ${MB(download)} (${HERE})\n`);
    if (HERE !== "linux-x64") return;
    expect(disk).toBeLessThanOrEqual(MAX_INSTALLED);
    expect(download).toBeLessThanOrEqual(MAX_DOWNLOAD);
  });

  it("hold a native library for this machine and for no other, with licences and no install script", async ({
    skip,
  }) => {
    skip(noRegistry, "no npm registry answers");
    const modules = join(folder, "node_modules");
    const dawn = process.platform === "darwin" ? "darwin-universal" : HERE;
    const native = (await readdir(join(modules, "@graft"))).filter((name) =>
      /^(onnxruntime|dawn)-/.test(name),
    );
    expect(registry?.names.filter((name) => /onnxruntime-|dawn-/.test(name))).toHaveLength(10);
    expect(native.sort()).toEqual(MUSL ? [] : [`dawn-${dawn}`, `onnxruntime-${HERE}`]);
    const carried = join(modules, "@graft", "backend-select", "node_modules");
    const packages = [
      ...native.map((name) => join(modules, "@graft", name)),
      ...["onnxruntime-node", "onnxruntime-common", "webgpu"].map((name) => join(carried, name)),
      ...(await readdir(join(carried, "@tensorflow"))).map((name) => join(carried, "@tensorflow", name)),
    ];
    for (const path of packages) {
      const manifest: unknown = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
      expect(Manifest.parse(manifest).scripts, path).toBeUndefined();
      expect(
        (await readdir(path)).filter((name) => /^licen[cs]e/i.test(name)),
        path,
      ).toHaveLength(1);
      // what onnxruntime-node's install script would have fetched
      const files = await readdir(path, { recursive: true });
      expect(files.filter((name) => /providers_(cuda|tensorrt)/i.test(name))).toEqual([]);
    }
    // of what ONNX Runtime is linked with
    if (!MUSL)
      expect(await readdir(join(modules, "@graft", `onnxruntime-${HERE}`))).toContain(
        "ThirdPartyNotices.txt",
      );
    for (const name of ["onnxruntime-node", "webgpu", "@tensorflow"])
      expect(existsSync(join(modules, name)), name).toBe(false);
  });

  it.for([
    { os: "linux", cpu: "arm64", libc: "glibc", native: ["dawn-linux-arm64", "onnxruntime-linux-arm64"] },
    { os: "linux", cpu: "x64", libc: "musl", native: [] },
    {
      os: "darwin",
      cpu: "arm64",
      libc: undefined,
      native: ["dawn-darwin-universal", "onnxruntime-darwin-arm64"],
    },
    { os: "darwin", cpu: "x64", libc: undefined, native: ["dawn-darwin-universal"] },
    { os: "win32", cpu: "x64", libc: undefined, native: ["dawn-win32-x64", "onnxruntime-win32-x64"] },
    { os: "win32", cpu: "arm64", libc: undefined, native: ["dawn-win32-arm64", "onnxruntime-win32-arm64"] },
  ])("bring the libraries of $os $cpu, where there are some", async ({ os, cpu, libc, native }, { skip }) => {
    skip(noRegistry, "no npm registry answers");
    // what npm would install there: those files cannot run here
    const platform = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])];
    // npm tells the plan only at this level, which a machine's own settings may lower
    const told = ["--dry-run", "--loglevel=notice", "--color=false"];
    const planned = await install(`plan-${os}-${cpu}`, [...told, "--prefer-offline", ...platform]);
    expect(planned.code, planned.stderr).toBe(0);
    const added = [...planned.stdout.matchAll(/^add @graft\/((?:onnxruntime|dawn)-\S+)/gm)].map(
      ([, name]) => name,
    );
    expect(planned.stdout).toContain("add @graft/backend-select");
    expect(added.sort()).toEqual(native);
  });

  it("have the engines that a checkout has: doctor says the same", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    const before = await doctor(process.execPath, [PROGRAM]);
    expect(await doctor("npx", ["--no-install", "graft"])).toEqual(before);
  });

  it("install without scripts, and say what is missing where there is no library", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    const again = await install("second", ["--ignore-scripts"]);
    expect(again.code, again.stderr).toBe(0);
    const second = join(root, "second");
    const help = await runIn(second, "npx", ["--no-install", "graft", "--help"]);
    expect(help.code, help.stderr).toBe(0);
    await rm(join(second, "node_modules", "@graft", `onnxruntime-${HERE}`), { recursive: true, force: true });
    await rm(join(second, "node_modules", "@graft", `dawn-${HERE}`), { recursive: true, force: true });
    const told = await doctor(process.execPath, [
      join(second, "node_modules", "@graft", "cli", "bundle", "main.js"),
    ]);
    const onnx = told.candidates.find(({ id }) => id === "onnx:cpu");
    expect(onnx).toMatchObject({ usable: false });
    expect(onnx?.reason).toContain("ONNX Runtime does not load on this machine.");
    expect(onnx?.reason).toContain("Linux with glibc");
    expect(told.chosen).toBe("tfjs:wasm");
  });

  it("bring no sources, tests or maps, and no code that is in the bundle but for pages", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    for (const name of ["core", "backend-select", "cli"]) {
      const own = join(folder, "node_modules", "@graft", name);
      const files = await filesOf(own);
      expect(files.filter((file) => /\.map$|\.test\.|tsbuildinfo|(?<!\.d)\.ts$/.test(file))).toEqual([]);
      expect(files.filter((file) => /^bundle\/.*\.js$/.test(file))).not.toEqual([]);
      const code = files.filter((file) => /^dist\/.*\.js$/.test(file));
      expect(code.filter((file) => file.endsWith("-node.js"))).toEqual([]);
      if (name === "cli") expect(code).toEqual([]);
    }
  });

  it("have all that a page loads", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    const contents = `export * from "@graft/core"; export * from "@graft/backend-select/browser";`;
    const { metafile } = await build({
      stdin: { contents, resolveDir: folder },
      // a page brings this library by itself
      ...{
        bundle: true,
        platform: "browser",
        format: "esm",
        external: ["onnxruntime-web", "onnxruntime-web/*"],
      },
      ...{ metafile: true, write: false, absWorkingDir: folder, logLevel: "silent" },
    });
    const inputs = Object.keys(metafile.inputs).filter((file) => file.includes("node_modules/@graft/"));
    expect(inputs.filter((file) => file.includes("/dist/")).length).toBeGreaterThan(100);
    expect(inputs.filter((file) => file.includes("/bundle/"))).toEqual([]);
  });

  it("serve nothing without the server's package, and say how to get it", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    expect(existsSync(join(folder, "node_modules", "@graft", "server"))).toBe(false);
    const { code, stdout, stderr } = await runIn(folder, "npx", ["--no-install", "graft", "serve"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("graft's server is not installed here. Install it: npm install @graft/server");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("answer npx graft --help", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    const { code, stdout, stderr } = await runIn(folder, "npx", ["--no-install", "graft", "--help"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("graft demo");
  });

  it("train, and evaluate in a second process", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    const words = [
      "--no-install",
      "graft",
      "train",
      "emoji",
      ...["--weights", "bundled", "--cut", "mixed2", "--size", "75", "--epochs", "1"],
      "--out",
      "model",
    ];
    const trained = await runIn(folder, "npx", words);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stdout).toContain("npx graft predict");
    const evaluated = await runIn(folder, "npx", [
      "--no-install",
      "graft",
      "evaluate",
      "model",
      "emoji",
      "--json",
    ]);
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ accuracy: expect.any(Number) });
  });
});
