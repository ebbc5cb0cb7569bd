import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOnnxBackend, exportOnnx, readOnnxMetadata } from "@graft/backend-select";
import { type Backend, type Model, memoryFolder, writeKerasHdf5, writeTfjs } from "@graft/core";
import { exportHdf5, exportTfjs, placeOnDisk } from "@graft/core/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FROM_SOURCES } from "../from-sources.ts";
import { FORMATS, patchReference } from "./formats.ts";
import { randomWeights, sampleModel } from "./sample-model.ts";

const SMALL = { cut: "mixed0", size: 75 } as const;
const weights = randomWeights();
const LABELS = { gap: ["bird", "cat", "dog"], classic: ["cat", "dog"] } as const;

let backend: Backend;
let temporary: string;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
});
afterAll(() => backend.dispose());
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "graft-exports-"));
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

const modelOf = (recipe: "gap" | "classic"): Model =>
  sampleModel({
    weights,
    recipe,
    labels: LABELS[recipe],
    ...SMALL,
    ...(recipe === "gap" ? {} : { hidden: 32 }),
  });

/** The same network with other numbers in its head. */
function changed(model: Model): Model {
  const bias = model.head.get("predictions/bias") ?? new Float32Array();
  return {
    ...model,
    head: new Map(model.head).set(
      "predictions/bias",
      bias.map((value, i) => value + i + 1),
    ),
  };
}

describe.each(FORMATS)("an export as %s", (name, write) => {
  it.each(["gap", "classic"] as const)(
    "of a %s model says what graft says when it is read again",
    async (recipe) => {
      const model = modelOf(recipe);
      const reference = await patchReference(model, backend);
      const [first, second] = reference.predictions.map(({ probabilities }) => probabilities[0] ?? 0);
      expect(Math.abs((first ?? 0) - (second ?? 0))).toBeGreaterThan(1e-3); // or agreement would mean nothing
      const path = join(temporary, "deep", name);
      const exported = await write(model, path, { reference, backend });
      expect(exported.path).toBe(path);
      expect(exported.largestDifference).toBeLessThan(1e-4);
      expect(await readdir(join(temporary, "deep"))).toEqual([name]);
    },
  );

  it("that says something else than graft leaves nothing, and keeps what was there", async () => {
    const model = modelOf("gap");
    const path = join(temporary, name);
    const wrong = await patchReference(changed(model), backend);
    await expect(write(model, path, { reference: wrong, backend })).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringMatching(
        /does not compute what the model computes.*differ by 0\.\d+ on 3 images.*at most 0\.0001/,
      ),
    });
    expect(await readdir(temporary)).toEqual([]);
    await write(model, path, { reference: await patchReference(model, backend), backend });
    const before = await contentOf(path);
    await expect(write(model, path, { reference: wrong, backend, force: true })).rejects.toMatchObject({
      code: "corrupt",
    });
    expect(await contentOf(path)).toEqual(before);
    expect(await readdir(temporary)).toEqual([name]);
  });

  it("does not replace one that is there, unless forced", async () => {
    const [model, other] = [modelOf("gap"), changed(modelOf("gap"))];
    const path = join(temporary, name);
    const reference = await patchReference(model, backend);
    await write(model, path, { reference, backend });
    const before = await contentOf(path);
    const ofOther = await patchReference(other, backend);
    await expect(write(other, path, { reference: ofOther, backend })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("`force`"),
    });
    expect(await contentOf(path)).toEqual(before);
    await write(other, path, { reference: ofOther, backend, force: true });
    expect(await contentOf(path)).not.toEqual(before);
    expect(await readdir(temporary)).toEqual([name]);
  });

  it("without an image to compare on is refused", async () => {
    const reference = { images: [], predictions: [] };
    await expect(write(modelOf("gap"), join(temporary, name), { reference, backend })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("`data`"),
    });
    expect(await readdir(temporary)).toEqual([]);
  });
});

/** sha256 of a file, or of a folder's files by path. */
async function contentOf(path: string): Promise<Record<string, string>> {
  const names = await readdir(path).catch(() => undefined);
  const paths = names ? names.map((name) => join(path, name)) : [path];
  const contents = paths.map(
    async (each) =>
      [
        each,
        createHash("sha256")
          .update(await readFile(each))
          .digest("hex"),
      ] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}

describe("an export to a file", () => {
  it("has the labels as they are, the image rule and the pixels' range in its ONNX metadata", async () => {
    const labels = ["chat", 'a "quoted", 犬', "z"];
    const model = sampleModel({ weights, recipe: "gap", labels, ...SMALL, fit: "pad" });
    const path = join(temporary, "model.onnx");
    await exportOnnx(model, path, { reference: await patchReference(model, backend) });
    const metadata = await readOnnxMetadata(await readFile(path));
    const values = [...metadata].map(([key, value]) => [
      key,
      key === "graftVersion" ? value : JSON.parse(value),
    ]);
    expect(Object.fromEntries(values)).toEqual({
      labels,
      imageRule: { size: 75, fit: "pad", resize: "bilinear" },
      inputRange: [-1, 1],
      graftVersion: "0.1.0",
    });
  });

  it("tells how far a picture is from the training in a second output, as graft itself does, or is refused", async () => {
    const model = sampleModel({
      weights,
      recipe: "classic",
      labels: ["a", "b"],
      ...SMALL,
      hidden: 8,
      unlikeAbove: 0.9,
    });
    const reference = await patchReference(model, backend);
    const path = join(temporary, "model.onnx");
    await exportOnnx(model, path, { reference });
    expect(JSON.parse((await readOnnxMetadata(await readFile(path))).get("likeness") ?? "")).toEqual(
      model.manifest.likeness,
    );
    const { ort } = await import("../../packages/backend-select/src/onnx/runtime-node.ts");
    const session = await ort.InferenceSession.create(path);
    expect(session.outputNames).toEqual(["probabilities", "distance"]);
    await session.release();
    const other = {
      ...model,
      directions: model.directions?.map((value, i) => (i % 2 ? value : 0)) ?? new Int8Array(),
    };
    await expect(exportOnnx(other, path, { reference, force: true })).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("a different distance from the training"),
    });
  });

  it("lays the directions beside a LayersModel, and says in its metadata what they are", async () => {
    const model = sampleModel({ weights, recipe: "gap", labels: ["a", "b"], ...SMALL, unlikeAbove: 0.9 });
    const path = join(temporary, "tfjs");
    await exportTfjs(model, path, { reference: await patchReference(model, backend), backend });
    expect((await readdir(path)).sort()).toEqual(["likeness.bin", "model.json", "weights.bin"]);
    expect(new Int8Array(await readFile(join(path, "likeness.bin")))).toEqual(model.directions);
    const { userDefinedMetadata } = JSON.parse(await readFile(join(path, "model.json"), "utf8"));
    expect(userDefinedMetadata.likeness).toEqual(model.manifest.likeness);
  });

  it.each([
    ["tfjs", exportTfjs, writeTfjs],
    ["model.h5", exportHdf5, writeKerasHdf5],
  ] as const)("is the same in memory: %s", async (name, write, writeIn) => {
    const model = modelOf("gap");
    const options = { reference: await patchReference(model, backend), backend };
    const { path, largestDifference } = await write(model, join(temporary, name), options);
    const folder = memoryFolder();
    const inMemory = await writeIn(model, { folder, path: name }, options);
    expect(inMemory).toEqual({ path: `memory/${name}`, largestDifference });
    const files = (await stat(path)).isDirectory()
      ? (await readdir(path)).map((file) => `${name}/${file}`)
      : [name];
    for (const file of files) {
      const onDisk = await readFile(join(temporary, file));
      const bytes = (await folder.read(file)) ?? new Uint8Array();
      expect(bytes.length, file).toBe(onDisk.length);
      // HDF5 has in it when each of its parts was made
      if (!file.endsWith(".h5")) expect(onDisk.equals(bytes), file).toBe(true);
    }
    await expect(writeIn(model, { folder, path: name }, options)).rejects.toMatchObject({ code: "conflict" });
  });

  it("never replaces a folder, nor goes under a file", async () => {
    const model = modelOf("gap");
    const reference = await patchReference(model, backend);
    await mkdir(join(temporary, "model.h5"));
    const options = { reference, backend, force: true };
    await expect(exportHdf5(model, join(temporary, "model.h5"), options)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("a folder"),
    });
    await writeFile(join(temporary, "file"), "mine");
    await expect(exportHdf5(model, join(temporary, "file", "model.h5"), options)).rejects.toMatchObject({
      code: "bad-input",
    });
    expect(await readFile(join(temporary, "file"), "utf8")).toBe("mine");
  });

  it.skipIf(process.platform === "win32")(
    "killed while it is compared is not there, and its half is swept by the next one",
    async () => {
      const path = join(temporary, "model.h5");
      const script = join(import.meta.dirname, "killed-export.ts");
      const child = spawn(process.execPath, [...FROM_SOURCES, script, path], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      const [, signal] = await once(child, "exit");
      expect(signal).toBe("SIGKILL");
      const left = await readdir(temporary);
      expect(left).toHaveLength(1); // it was really in the middle
      expect(left).not.toContain("model.h5");
      const model = modelOf("gap");
      await exportHdf5(model, path, { reference: await patchReference(model, backend), backend });
      expect(await readdir(temporary)).toEqual(["model.h5"]);
    },
  );

  it.skipIf(process.platform === "win32")(
    "killed while it is written leaves the old file as it was, and its half is swept by the next one",
    async () => {
      const path = join(temporary, "file");
      await writeFile(path, "old");
      const script = join(import.meta.dirname, "killed-file.ts");
      const child = spawn(process.execPath, [...FROM_SOURCES, script, path], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      const [, signal] = await once(child, "exit");
      expect(signal).toBe("SIGKILL");
      const half = (await readdir(temporary)).find((name) => name !== "file") ?? "none";
      expect((await stat(join(temporary, half))).size).toBeGreaterThan(0); // it was really in the middle
      expect(await readFile(path, "utf8")).toBe("old");
      const place = placeOnDisk(path);
      const text = new TextEncoder().encode("new");
      await place.folder.replaceFile(place.path, { force: true, noun: "file" }, [text]);
      expect(await readdir(temporary)).toEqual(["file"]);
      expect(await readFile(path, "utf8")).toBe("new");
    },
  );
});
