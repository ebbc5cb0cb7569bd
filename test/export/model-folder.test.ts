import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { type Model, memoryFolder, readModel, verifyModel, writeModel } from "@graft/core";
import { readModelFolder, verifyModelFolder, writeModelFolder } from "@graft/core/node";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FROM_SOURCES } from "../from-sources.ts";
import { randomWeights, sampleModel } from "./sample-model.ts";

const FILES = ["README.md", "graft.json", "model.json", "weights.bin"];
/** What a model is made of; the card is for people. */
const CHECKED = FILES.filter((name) => name !== "README.md");
/** The smallest trunk there is: 0.7 MB. */
const SMALL = { recipe: "gap", labels: ["cat", "dog"], cut: "mixed0", size: 75 } as const;

let model: Model;
let temporary: string;
let folder: string;
beforeAll(() => {
  model = sampleModel({ weights: randomWeights(), ...SMALL, trainedOn: ["a".repeat(64)] });
});
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "graft-model-"));
  folder = join(temporary, "deep", "model");
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

/** Changes a file and makes graft.json agree with it, as a careful hand would. */
async function editFile(name: string, edit: (text: string) => string): Promise<void> {
  const text = edit(await readFile(join(folder, name), "utf8"));
  await writeFile(join(folder, name), text);
  if (name === "graft.json") return;
  const sha256 = createHash("sha256").update(text).digest("hex");
  await editFile("graft.json", (manifest) => {
    const value = JSON.parse(manifest);
    value.files[name] = sha256;
    return JSON.stringify(value);
  });
}

describe("a model folder", () => {
  it("comes back as the model that was written, bit for bit, with the trunk only up to the cut", async () => {
    expect(await writeModelFolder(model, folder)).toBe(folder);
    expect((await readdir(folder)).sort()).toEqual(FILES);
    const read = await readModelFolder(folder);
    expect(read.manifest).toEqual(model.manifest);
    expect(read.head).toEqual(model.head);
    expect(read.weights.tensors.size).toBe(12 * 4);
    for (const [name, tensor] of read.weights.tensors)
      expect(tensor, name).toEqual(model.weights.tensors.get(name));
    expect(await verifyModelFolder(folder, model, { images: [] })).toBe(0);
  });

  it("is the same in memory, to the byte", async () => {
    const own = sampleModel({ weights: model.weights, ...SMALL, unlikeAbove: 0.9, notSureBelow: 0.6 });
    await writeModelFolder(own, folder);
    const memory = memoryFolder();
    const place = { folder: memory, path: "runs/one/model" };
    expect(await writeModel(own, place)).toBe("memory/runs/one/model");
    const inMemory = memory.folder("runs/one/model");
    const names = (await inMemory.list()).map(({ name }) => name).sort();
    expect(names).toEqual((await readdir(folder)).sort());
    expect(names).toContain("likeness.bin");
    for (const name of names) {
      const onDisk = await readFile(join(folder, name));
      expect(onDisk.equals((await inMemory.read(name)) ?? new Uint8Array()), name).toBe(true);
    }
    expect(await verifyModel(inMemory, own, { images: [] })).toBe(0);
    await expect(writeModel(model, place)).rejects.toMatchObject({ code: "conflict" });
    await writeModel(model, place, { force: true });
    expect((await readModel(inMemory)).head).toEqual(model.head);
    expect((await inMemory.list()).map(({ name }) => name).sort()).toEqual(FILES);
  });

  it.each(CHECKED)("without %s is refused with that name and what to do", async (name) => {
    await writeModelFolder(model, folder);
    await rm(join(folder, name));
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringMatching(new RegExp(`${name}.*(Copy|Give) `)),
    });
  });

  it("that does not exist is refused as no model", async () => {
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(folder),
    });
  });

  it.each(["an edited", "no"])("with %s card is the model that it was", async (card) => {
    await writeModelFolder(model, folder);
    const path = join(folder, "README.md");
    await (card === "no" ? rm(path) : writeFile(path, "# My model, of our own cats\n"));
    expect((await readModelFolder(folder)).head).toEqual(model.head);
  });

  it.each(CHECKED.filter((name) => name !== "graft.json"))(
    "with one flipped bit in %s is refused as damaged",
    async (name) => {
      await writeModelFolder(model, folder);
      const path = join(folder, name);
      const bytes = await readFile(path);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      await writeFile(path, bytes);
      await expect(readModelFolder(folder)).rejects.toMatchObject({
        code: "corrupt",
        message: expect.stringContaining(path),
      });
    },
  );

  it("with a cut-off file is refused as damaged", async () => {
    await writeModelFolder(model, folder);
    const path = join(folder, "weights.bin");
    await writeFile(path, (await readFile(path)).subarray(0, 1000));
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code: "corrupt" });
  });

  it.each(["graft.json", "weights.bin"])("whose %s cannot be read says so with its path", async (name) => {
    await writeModelFolder(model, folder);
    // what no user may read, root neither
    await rm(join(folder, name));
    await mkdir(join(folder, name));
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "bad-input",
      message: `${join(folder, name)} cannot be read. Received: EISDIR. Make it readable, or copy the model's folder to where you may read it.`,
    });
  });

  it("of another format version is refused with both versions", async () => {
    await writeModelFolder(model, folder);
    await editFile("graft.json", (text) => text.replace('"formatVersion": 1', '"formatVersion": 2'));
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(
        /graft\.json was written by a newer graft.*format version 2.*format version 1.*Use that newer version of graft/,
      ),
    });
  });

  it("of a format version before the first is to be trained again", async () => {
    await writeModelFolder(model, folder);
    await editFile("graft.json", (text) => text.replace('"formatVersion": 1', '"formatVersion": 0'));
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/format version 0.*format version 1.*Train the model again/),
    });
  });

  it.each([
    ["no JSON", (text: string) => text.slice(0, 100), /not JSON/],
    ["one label for two classes", (text: string) => text.replace(/"cat",\s*/, ""), /labels/],
    [
      "a file name that leads out of the folder",
      (text: string) => text.replace('"README.md"', '"../x.md"'),
      /\.\.\/x\.md/,
    ],
  ])("whose graft.json has %s is refused as damaged", async (_, edit, message) => {
    await writeModelFolder(model, folder);
    await editFile("graft.json", edit);
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(message),
    });
  });

  it("with other tensors than its network needs is refused with all of them", async () => {
    await writeModelFolder(model, folder);
    await editFile("model.json", (text) =>
      text
        .replace('{"name":"conv2d_3/kernel"', '{"name":"conv2d_333/kernel"')
        .replace('{"name":"predictions/bias","shape":[2]', '{"name":"predictions/bias","shape":[3]'),
    );
    await expect(readModelFolder(folder)).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(
        /missing: conv2d_3\/kernel; extra: conv2d_333\/kernel; wrong shape: predictions\/bias/,
      ),
    });
  });
});

describe("verifyModelFolder", () => {
  const images = [1, 2].map((seed) => new Uint8Array(75 * 75 * 3).map((_, i) => (i * 7919 * seed) % 251));

  it.each(["gap", "classic"] as const)("finds a %s model equal to itself on an engine", async (recipe) => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    const own = sampleModel({ weights: model.weights, ...SMALL, recipe, labels: ["a", "b", "c"] });
    await writeModelFolder(own, folder);
    expect(await verifyModelFolder(folder, own, { backend, images })).toBeLessThan(1e-4);
  });

  it("finds a network that computes something else, though every file is as written", async () => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    await writeModelFolder(model, folder);
    await editFile("model.json", (text) => text.replace('"activation":"relu"', '"activation":"linear"'));
    await expect(verifyModelFolder(folder, model, { backend, images })).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("its model.json computes different probabilities"),
    });
  });

  it("finds numbers that are not the model's", async () => {
    await writeModelFolder(model, folder);
    const head = new Map(model.head).set("predictions/bias", Float32Array.of(0.1, -0));
    await expect(verifyModelFolder(folder, { ...model, head }, { images: [] })).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("predictions/bias"),
    });
  });
});

describe("writeModelFolder", () => {
  it("leaves a model that is there as it is, unless forced", async () => {
    await writeModelFolder(model, folder);
    const other = { ...model, manifest: { ...model.manifest, run: "another" } };
    await expect(writeModelFolder(other, folder)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("`force`"),
    });
    expect((await readModelFolder(folder)).manifest.run).toBe(model.manifest.run);
    await writeModelFolder(other, folder, { force: true });
    expect((await readModelFolder(folder)).manifest.run).toBe("another");
    expect(await readdir(resolve(folder, ".."))).toEqual(["model"]);
  });

  it("takes an empty folder without being forced", async () => {
    await mkdir(folder, { recursive: true });
    await writeModelFolder(model, folder);
    expect((await readdir(folder)).sort()).toEqual(FILES);
  });

  it("never replaces a folder with anything else in it, forced or not, and names what is in the way", async () => {
    await writeModelFolder(model, folder);
    await writeFile(join(folder, "notes.txt"), "mine");
    for (const force of [false, true]) {
      await expect(writeModelFolder(model, folder, { force })).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("notes.txt"),
      });
    }
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
    expect(await readdir(resolve(folder, ".."))).toEqual(["model"]);
  });

  it("never replaces a file, nor makes a folder under one", async () => {
    await writeFile(join(temporary, "deep"), "a file");
    await expect(writeModelFolder(model, join(temporary, "deep"), { force: true })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(writeModelFolder(model, folder)).rejects.toMatchObject({ code: "conflict" });
    expect(await readFile(join(temporary, "deep"), "utf8")).toBe("a file");
  });

  it("writes nothing of a model whose numbers do not fit its network", async () => {
    const head = new Map(model.head).set("predictions/kernel", new Float32Array(3));
    await expect(writeModelFolder({ ...model, head }, folder)).rejects.toMatchObject({
      code: "weights-mismatch",
      message: expect.stringMatching(/predictions\/kernel.*3 numbers.*512/),
    });
    expect(await readdir(resolve(folder, ".."))).toEqual([]);
  });

  it.skipIf(process.platform === "win32")(
    "killed while writing leaves no half folder, and keeps the model that was there",
    async () => {
      for (const before of [false, true]) {
        if (before) await writeModelFolder(model, folder);
        const child = spawn(
          process.execPath,
          [...FROM_SOURCES, join(import.meta.dirname, "killed-writer.ts"), folder],
          { stdio: ["ignore", "inherit", "inherit"] },
        );
        const [, signal] = await once(child, "exit");
        expect(signal).toBe("SIGKILL");
        const names = await readdir(resolve(folder, ".."));
        const half = names.find((name) => name !== "model") ?? "none";
        // it was really in the middle
        await access(join(folder, "..", half, "weights.bin"));
        if (before) expect((await readModelFolder(folder)).manifest.run).toBe(model.manifest.run);
        else expect(names).not.toContain("model");
      }
      // what the killed ones left is swept by the next writing
      await writeModelFolder(model, folder, { force: true });
      expect(await readdir(resolve(folder, ".."))).toEqual(["model"]);
    },
  );
});
