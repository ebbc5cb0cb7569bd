import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";

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

let folder = "";
let installed: Ended = { code: 1, stdout: "", stderr: "not run" };
let noRegistry = false;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "graft-pack-")));
  // not `npm run pack`: turbo puts outputs back from its cache, under the hands of the tests that run beside this one
  const built = await runIn(ROOT, "npx", ["--no-install", "tsc", "-b", "apps/cli"]);
  expect(built.code, built.stdout + built.stderr).toBe(0);
  const packed = await runIn(ROOT, process.execPath, ["--import", "tsx", join("scripts", "pack.ts")]);
  expect(packed.code, packed.stdout + packed.stderr).toBe(0);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "reader", private: true }));
  const tarballs = (await readdir(PACKAGES)).map((name) => join(PACKAGES, name));
  expect(tarballs).toHaveLength(3);
  installed = await runIn(folder, "npm", ["install", "--no-audit", "--no-fund", ...tarballs]);
  noRegistry = installed.code !== 0 && NO_REGISTRY.test(installed.stderr) && process.env.CI !== "true";
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the packages in an empty folder", () => {
  it("install with npm alone", ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    expect(installed.code, installed.stderr).toBe(0);
  });

  it("carry onnxruntime-node without an install script, and no other copy comes", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    const modules = join(folder, "node_modules");
    const carried = join(modules, "@graft", "backend-select", "node_modules", "onnxruntime-node");
    const manifest: unknown = JSON.parse(await readFile(join(carried, "package.json"), "utf8"));
    expect(Manifest.parse(manifest).scripts).toBeUndefined();
    expect(existsSync(join(carried, "script"))).toBe(false);
    expect(existsSync(join(modules, "onnxruntime-node"))).toBe(false);
    // what that script would have fetched
    const libraries = await readdir(join(carried, "bin"), { recursive: true });
    expect(libraries.filter((name) => /cuda|tensorrt/i.test(name))).toEqual([]);
  });

  it("bring no sources, tests or maps", async ({ skip }) => {
    skip(noRegistry, "no npm registry answers");
    for (const name of ["core", "backend-select", "cli"]) {
      const files = await readdir(join(folder, "node_modules", "@graft", name, "dist"), { recursive: true });
      expect(files.filter((file) => /\.map$|\.test\.|tsbuildinfo|(?<!\.d)\.ts$/.test(file))).toEqual([]);
    }
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
      "--weights",
      "bundled",
      "--epochs",
      "1",
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
