import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { bundleOf } from "../../scripts/bundle/bundle-package.ts";
import { PACKAGES } from "../../scripts/bundle/entries.ts";
import { placeFiles } from "../../scripts/bundle/place-files.ts";
import { FROM_SOURCES } from "../from-sources.ts";

const SCRIPTS = resolve(import.meta.dirname, "../../scripts/bundle");
const run = promisify(execFile);

const root = await mkdtemp(join(tmpdir(), "graft-bundle-"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** A package whose bundle is the check alone, and says that it went on. */
async function makePackage(): Promise<string> {
  const folder = await mkdtemp(join(root, "package-"));
  const built = join(folder, "dist", "node.tsbuildinfo");
  await mkdir(join(folder, "dist"));
  await writeFile(built, "one");
  const program = join(folder, "bundle", "program.mjs");
  await build({
    stdin: { contents: `console.log("went on");` },
    inject: [join(SCRIPTS, "check-fresh.ts")],
    ...{ outfile: program, bundle: true, platform: "node", format: "esm", target: "node20" },
  });
  const mtimeMs = 1_700_000_000_000;
  await utimes(built, mtimeMs / 1000, mtimeMs / 1000);
  const sha256 = createHash("sha256").update("one").digest("hex");
  await writeFile(
    join(folder, "bundle", "made-from.json"),
    JSON.stringify({ sources: { "node.tsbuildinfo": { mtimeMs, sha256 } } }),
  );
  return folder;
}

const start = (folder: string): Promise<{ code: number; stdout: string; stderr: string }> =>
  run(process.execPath, [join(folder, "bundle", "program.mjs")]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

describe("a bundle of a checkout", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await makePackage();
  });

  it("runs when it is what was built last", async () => {
    expect(await start(folder)).toMatchObject({ code: 0, stdout: "went on\n" });
  });

  it("does not run when something was built since, and says what to do", async () => {
    await writeFile(join(folder, "dist", "node.tsbuildinfo"), "two");
    const { code, stdout, stderr } = await start(folder);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      `graft: ${join(folder, "dist")} was built after the bundle that would run. Run: npm run build\n`,
    );
  });

  it("runs when the same was copied or put back: its time says nothing", async () => {
    await writeFile(join(folder, "dist", "node.tsbuildinfo"), "one");
    expect(await start(folder)).toMatchObject({ code: 0, stdout: "went on\n" });
  });

  it("runs alone, without what it was made of", async () => {
    await rm(join(folder, "dist"), { recursive: true });
    expect(await start(folder)).toMatchObject({ code: 0, stdout: "went on\n" });
  });
});

describe("a packed bundle", () => {
  it.each(PACKAGES)(
    "of %s asks for nothing but its own files and the libraries that it names",
    async (path) => {
      const { chunks, entries } = await bundleOf(path, { isPacked: true });
      const names = new Set([...chunks, ...entries].map(({ name }) => name));
      const manifest: unknown = JSON.parse(
        await readFile(join(SCRIPTS, "../..", path, "package.json"), "utf8"),
      );
      for (const { name, contents } of [...chunks, ...entries]) {
        const text = Buffer.from(contents).toString();
        expect(text, name).not.toContain("made-from.json");
        for (const [, asked = ""] of text.matchAll(/^(?:import|export|\} from) .*?"([^"]+)";$/gm))
          if (asked.startsWith("./")) expect(names, name).toContain(asked.slice(2));
          else if (!asked.startsWith("node:"))
            expect(JSON.stringify(manifest), `${name} asks for ${asked}`).toContain(
              `"${/^(@[^/]+\/)?[^/]+/.exec(asked)?.[0]}":`,
            );
      }
    },
  );
});

describe("the files of a bundle", () => {
  const old = async (folder: string): Promise<void> => {
    for (const name of await readdir(folder)) await utimes(join(folder, name), 1_700_000_000, 1_700_000_000);
  };

  it("stay for the programs that run from them until the bundle after the next", async () => {
    const folder = join(root, "stay");
    const versions = ["a-1.js", "a-2.js", "a-3.js"].map((name) => [{ name, contents: name }]);
    let kept: string[] = [];
    const found: string[][] = [];
    for (const files of versions) {
      placeFiles(folder, files, kept);
      kept = files.map(({ name }) => name);
      found.push(await readdir(folder));
      await old(folder);
    }
    expect(found).toEqual([["a-1.js"], ["a-1.js", "a-2.js"], ["a-2.js", "a-3.js"]]);
  });

  it("are whole at all times, also when two processes place them at once", async () => {
    const folder = join(root, "together");
    const size = 2_000_000;
    const script = (letter: string): string => `
      import { placeFiles } from ${JSON.stringify(join(SCRIPTS, "place-files.ts"))};
      for (let i = 0; i < 40; i++)
        placeFiles(${JSON.stringify(folder)}, [{ name: "a.js", contents: (${JSON.stringify(letter)} + i % 10).repeat(${size / 2}) }], []);`;
    let isDone = false;
    const both = Promise.all(
      ["a", "b"].map((letter) =>
        run(process.execPath, [...FROM_SOURCES, "--input-type=module", "-e", script(letter)]),
      ),
    ).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const text = await readFile(join(folder, "a.js"), "utf8").catch(() => undefined);
      if (text === undefined) continue;
      expect(text).toBe(text.slice(0, 2).repeat(size / 2));
    }
    await both;
    expect(await readdir(folder)).toEqual(["a.js"]);
  });
});
