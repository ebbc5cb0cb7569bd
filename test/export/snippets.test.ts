import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createOnnxBackend, exportSnippetFolder } from "@graft/backend-select";
import { applyRule, type Backend, NODE_DEPENDENCIES, referenceOf, type SnippetLanguage } from "@graft/core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";
import { kerasPython, NO_KERAS } from "../setup/keras-python.ts";
import { patchImages } from "./formats.ts";
import { randomWeights, sampleModel } from "./sample-model.ts";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
const weights = randomWeights("mixed0");
const python = kerasPython();

const CASES = [
  // its photo is unlike its training, and that of the last one is not
  { recipe: "gap", labels: ["cat", "dog", "étoile"], fit: "stretch", unlikeAbove: 0.5 },
  { recipe: "classic", labels: ["cat", "dog"], fit: "crop", hidden: 32, notSureBelow: 1 },
  { recipe: "gap", labels: ["cat", "dog"], fit: "pad", unlikeAbove: 1, notSureBelow: 0.5 },
] as const;
const UNLIKE = "like nothing it learned from";
const NOT_SURE = "not sure";

let backend: Backend;
let temporary: string;
/** A photo that is not square, lies on its side and has a hole: what a snippet must put right. */
let photo: string;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
  temporary = await mkdtemp(join(tmpdir(), "graft-snippets-"));
  photo = join(temporary, "photo.png");
  const [side] = patchImages(1, 200);
  const hole = { create: { width: 40, height: 40, channels: 4, background: "#0000" } } as const;
  await sharp(side, { raw: { width: 200, height: 200, channels: 3 } })
    .resize(211, 140, { fit: "fill" })
    .ensureAlpha()
    .composite([{ input: hole, left: 10, top: 20, blend: "dest-in", tile: false }])
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(photo);
});
afterAll(async () => {
  await backend.dispose();
  await rm(temporary, { recursive: true, force: true });
});

/** Exports, runs the folder's program on a photo, and compares its probabilities with graft's. */
async function compare(
  language: SnippetLanguage,
  options: (typeof CASES)[number],
  program: (folder: string) => Promise<{ stdout: string }>,
  file = photo,
): Promise<{ readonly labels: string[]; readonly largestDifference: number; readonly remarks: string[] }> {
  const model = sampleModel({ weights, cut: "mixed0", size: 75, ...options });
  const image = applyRule(await nodeDecoder.decode(await readFile(file)), model.manifest.rule);
  const reference = await referenceOf(model, [image], backend);
  const folder = await mkdtemp(join(temporary, `${language}-`));
  await exportSnippetFolder(model, folder, { reference, language });
  const said = (await program(folder)).stdout.trim().split(/\r?\n/);
  const lines = said.filter((line) => line !== UNLIKE && line !== NOT_SURE);
  const expected = reference.predictions[0]?.probabilities ?? new Float32Array();
  expect(lines).toHaveLength(expected.length);
  const found = lines.map((line) => Number(line.split(" ").at(-1)));
  const differences = found.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  return {
    remarks: said.slice(lines.length),
    labels: lines.map((line) => line.split(" ")[0] ?? ""),
    largestDifference: Math.max(...differences),
  };
}

/** What a program is to say after the probabilities. */
const remarksOf = ({ fit }: (typeof CASES)[number]): string[] =>
  // the best of two classes always has half
  ({ stretch: [UNLIKE], crop: [NOT_SURE], pad: [] })[fit];

/** How a Node user runs predict.mjs on a file. */
const inNode = (file: string) => async (folder: string) => {
  // what npm install would bring
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  const { stdout, stderr } = await run(process.execPath, [join(folder, "predict.mjs"), file]);
  expect(stderr).toBe("");
  return { stdout };
};
const GOLDEN = join(ROOT, "test/image/golden/decode");

describe("the program in a folder for Node", () => {
  it("takes a JPEG at which libjpeg only grumbles, and none that is cut off", async () => {
    const [options] = CASES;
    for (const name of ["stray-bytes.jpg", "jfif-0.01.jpg", "lost-restart.jpg"]) {
      const file = join(GOLDEN, name);
      const { largestDifference } = await compare("node", options, inNode(file), file);
      expect(largestDifference, name).toBeLessThan(0.02);
    }
    const cut = inNode(join(GOLDEN, "no-end.jpg"));
    await expect(compare("node", options, cut)).rejects.toThrow(/premature end of JPEG/);
  });

  it.each(CASES)("runs, and says about what graft says: $recipe, $fit", async (options) => {
    const { labels, largestDifference, remarks } = await compare("node", options, inNode(photo));
    expect(labels).toEqual(options.labels);
    expect(remarks).toEqual(remarksOf(options));
    // sharp rounds between its two passes otherwise, and crops after it resizes
    expect(largestDifference).toBeLessThan(0.02);
  });

  it("asks for the packages that graft itself runs on", async () => {
    const packages = await Promise.all(
      ["packages/core", "packages/backend-select"].map(async (folder) => {
        const text = await readFile(join(ROOT, folder, "package.json"), "utf8");
        const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(text);
        return Object.entries(dependencies);
      }),
    );
    const own = new Map(packages.flat());
    for (const [name, version] of Object.entries(NODE_DEPENDENCIES))
      expect(version, name).toBe(`^${own.get(name)}`);
  });
});

describe("the program in a folder for Python", () => {
  if (python === undefined) it.skip(`skipped: ${NO_KERAS}`, () => undefined);
  const inPython = (file: string) => (folder: string) =>
    run(python ?? "", [join(folder, "predict.py"), file], {
      env: { ...process.env, PYTHONIOENCODING: "utf-8" },
    });

  it.skipIf(python === undefined)("cuts 16 bits of grey to 8, as graft does", async () => {
    const file = join(GOLDEN, "grey-16.png");
    const { largestDifference } = await compare("python", CASES[0], inPython(file), file);
    expect(largestDifference).toBeLessThan(1.5e-4);
  });

  it.skipIf(python === undefined).each(CASES)(
    "runs, and says what graft says: $recipe, $fit",
    async (options) => {
      const { labels, largestDifference, remarks } = await compare("python", options, inPython(photo));
      expect(labels).toEqual(options.labels);
      expect(remarks).toEqual(remarksOf(options));
      // printed with four decimals
      expect(largestDifference).toBeLessThan(1.5e-4);
    },
  );
});

it("a folder's README names what to type", async () => {
  const labels = ["a|b", "c"];
  const model = sampleModel({ weights, recipe: "gap", labels, cut: "mixed0", size: 75, unlikeAbove: 0.5 });
  const reference = await referenceOf(model, patchImages(1, 75), backend);
  const folder = join(temporary, "readme");
  await exportSnippetFolder(model, folder, { reference, language: "python" });
  const readme = await readFile(join(folder, "README.md"), "utf8");
  expect(readme).toContain("pip install -r requirements.txt\npython predict.py photo.jpg");
  expect(readme).toContain("a\\|b");
  expect(readme).toContain("Above 0.500 the program says");
});
