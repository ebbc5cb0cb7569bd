import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Caller, RunRow } from "@graft/api";
import { readOnnxMetadata } from "@graft/backend-select";
import { EXPORT_FORMATS, type Model } from "@graft/core";
import { createImagePool } from "@graft/core/node";
import { File, ready } from "h5wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKerasArchive } from "../../packages/core/src/weights/keras-archive-node.ts";
import { picture } from "../dataset/workplace.ts";
import { openInPlainTfjs, outputsOf } from "../export/plain-tfjs.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { type OpenedModels, openModels, sha256 } from "./open-models.ts";

const LABELS = ["cats", "dogs"];
/** Where `model.h5` or a folder's files lie once they were taken. */
let folder: string;
let opened: OpenedModels;
let ada: Caller;
let model: Model;
let run: RunRow;
/** A picture through the model's rule, and what the server says of it. */
let pixels: Uint8Array;
let said: readonly number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-exports-"));
  opened = await openModels();
  ada = await opened.person();
  const pictures = await Promise.all(Array.from({ length: 24 }, (_, seed) => picture(seed)));
  const pets = await opened.dataset(ada, { cats: pictures.slice(0, 12), dogs: pictures.slice(12) });
  model = sampleModel({
    ...{ weights: randomWeights("mixed0"), recipe: "gap", cut: "mixed0", size: 75, labels: LABELS },
    ...{ unlikeAbove: 0.99, trainedOn: pictures.slice(0, 2).map(sha256).sort() },
  });
  run = await opened.run(ada, pets.id, model);
  const [bytes = Buffer.of()] = pictures;
  const pool = createImagePool({ threads: 1 });
  pixels = (await pool.prepare({ bytes }, model.manifest.rule, null, [0]))[0] ?? new Uint8Array();
  await pool.close();
  const { answers } = await opened.services.models.predictBytes(ada, run.id, [bytes]);
  const [answer] = answers;
  said = answer?.kind === "answer" ? answer.scores.map(({ score }) => score) : [];
  await opened.services.decisions.decide(ada, { run: run.id, kind: "not-sure-below", value: 0.75 });
  opened.ahead += 2000;
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function joined(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function taken(path: string): Promise<Buffer> {
  const { bytes, hash, stream } = await opened.services.downloads.openFile(ada, run.id, path);
  const file = await joined(await stream());
  expect([file.length, sha256(file)], path).toEqual([bytes, hash]);
  return file;
}

const audited = async (): Promise<readonly unknown[]> =>
  (await opened.ports.repository.audit.page({ limit: 100 })).items
    .filter(({ what }) => what === "model-downloaded")
    .map(({ facts }) => facts);

/** Runs an ONNX file on the picture. */
async function onnxSays(file: Uint8Array): Promise<readonly number[]> {
  const { ort } = await import("../../packages/backend-select/src/onnx/runtime-node.ts");
  const session = await ort.InferenceSession.create(file);
  const { probabilities } = await session.run({
    images: new ort.Tensor("uint8", pixels, [1, 75, 75, 3]),
  });
  await session.release();
  return probabilities?.data instanceof Float32Array ? [...probabilities.data] : [];
}

function expectClose(found: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(said.length);
  for (const [i, value] of found.entries())
    expect(Math.abs(value - (said[i] ?? Number.NaN))).toBeLessThan(tolerance);
}

/** What a reader of each format finds: labels, the threshold of that moment, the model's answers. */
const CHECKS: Readonly<Record<keyof typeof EXPORT_FORMATS, (files: ReadonlyMap<string, Buffer>) => unknown>> =
  {
    async tfjs(files) {
      const place = join(folder, "tfjs");
      for (const [path, bytes] of files) {
        await mkdir(dirname(join(place, path)), { recursive: true });
        await writeFile(join(place, path), bytes);
      }
      const [outputs = []] = await outputsOf(await openInPlainTfjs(place), model, [pixels]);
      expectClose(outputs, 1e-4);
      const { userDefinedMetadata } = JSON.parse(String(files.get("model.json")));
      expect(userDefinedMetadata).toMatchObject({ labels: LABELS, notSureBelow: 0.75 });
    },
    async h5(files) {
      const { FS } = await ready;
      FS.writeFile("model.h5", files.get("model.h5") ?? Buffer.of());
      const file = new File("model.h5", "r");
      expect(JSON.parse(String(file.attrs.labels?.value))).toEqual(LABELS);
      expect(String(file.attrs.notSureBelow?.value)).toBe("0.75");
      file.close();
    },
    async keras(files) {
      const archive = files.get("model.keras") ?? Buffer.of();
      const metadata = JSON.parse(String(await readKerasArchive(archive, "it", "metadata.json")));
      expect(metadata).toMatchObject({ labels: LABELS, notSureBelow: 0.75 });
      expect((await readKerasArchive(archive, "it")).length).toBeGreaterThan(100_000);
    },
    async onnx(files) {
      const file = files.get("model.onnx") ?? Buffer.of();
      expectClose(await onnxSays(file), 1e-4);
      expect(Object.fromEntries(await readOnnxMetadata(file))).toMatchObject({
        labels: JSON.stringify(LABELS),
        notSureBelow: "0.75",
      });
    },
    async "onnx-int8"(files) {
      const file = files.get("model.onnx") ?? Buffer.of();
      expectClose(await onnxSays(file), 0.2);
      expect((await readOnnxMetadata(file)).get("notSureBelow")).toBe("0.75");
    },
    async node(files) {
      expectClose(await onnxSays(files.get("model.onnx") ?? Buffer.of()), 1e-4);
      expect(String(files.get("predict.mjs"))).toContain('< 0.75) console.log("not sure")');
    },
    async python(files) {
      expectClose(await onnxSays(files.get("model.onnx") ?? Buffer.of()), 1e-4);
      expect(String(files.get("predict.py"))).toContain("if max(rows[0]) < 0.75:");
    },
  };

describe("a model for other programs", () => {
  it.each(Object.keys(CHECKS).filter((name): name is keyof typeof CHECKS => name in EXPORT_FORMATS))(
    "as %s is compared with the model, kept with its run, and opens elsewhere",
    async (format) => {
      const made = await opened.services.modelJobResults.exportNow(ada, { run: run.id, format });
      expect(made).toMatchObject({ format, notSureBelow: 0.75, isCurrent: true });
      if (format === "onnx-int8") expect(made.int8).toMatchObject({ calibratedOn: 2 });
      else expect(made).toMatchObject({ int8: null, images: 8, comparedOn: "8 images of My pets" });
      const files = new Map<string, Buffer>();
      for (const { path, sha256: hash } of made.files) {
        const file = await taken(path);
        expect(sha256(file)).toBe(hash);
        files.set(path.slice(`exports/${format}/`.length), file);
      }
      const { extension } = { extension: undefined, ...EXPORT_FORMATS[format] };
      if (extension !== undefined)
        expect(JSON.parse(String(files.get(`model${extension}.json`)))).toMatchObject({
          labels: LABELS,
          notSureBelow: 0.75,
        });
      await CHECKS[format](files);
    },
  );

  it("is listed with all formats, out of date when another threshold is decided", async () => {
    const { exports, decisions } = opened.services;
    expect(exports.formats().map(({ format }) => format)).toEqual(Object.keys(EXPORT_FORMATS));
    expect((await exports.list(ada, run.id)).map(({ format }) => format)).toEqual(
      Object.keys(EXPORT_FORMATS),
    );
    const decision = await decisions.decide(ada, { run: run.id, kind: "not-sure-below", value: 0.5 });
    opened.ahead += 2000;
    expect((await exports.list(ada, run.id)).every(({ isCurrent }) => !isCurrent)).toBe(true);
    const before = (await exports.list(ada, run.id)).find(({ format }) => format === "onnx");
    const again = await opened.services.modelJobResults.exportNow(ada, { run: run.id, format: "onnx" });
    expect(again).toMatchObject({ notSureBelow: 0.5, isCurrent: true });
    expect(again.files.map(({ path }) => path)).toEqual(before?.files.map(({ path }) => path));
    // what it was before is nobody's any more; model.onnx itself is node's and python's, too
    const facts = ({ files = [] }: Partial<typeof again> = {}) =>
      files.find(({ path }) => path.endsWith(".onnx.json"))?.sha256 ?? "";
    expect(facts(again)).not.toBe(facts(before));
    expect(await opened.ports.blobs.head(facts(again))).toBeDefined();
    expect(await opened.ports.blobs.head(facts(before))).toBeUndefined();
    await opened.ports.repository.runs.undoDecision(decision.id, true);
    opened.ahead += 2000;
  });

  it("in int8 needs a picture of its data set, and says so in words of the API", async () => {
    const bare = await opened.run(ada, (await opened.dataset(ada, { cats: [], dogs: [] })).id, model);
    const made = opened.services.modelJobResults.exportNow(ada, { run: bare.id, format: "onnx-int8" });
    await expect(made).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringMatching(/data set has none any more.*such as onnx/),
    });
  });

  it("has one column only where the format and the head can", async () => {
    const { exports, modelJobResults } = opened.services;
    await expect(
      modelJobResults.exportNow(ada, { run: run.id, format: "onnx", columns: 1 }),
    ).rejects.toMatchObject({
      code: "bad-input",
    });
    await expect(
      modelJobResults.exportNow(ada, { run: run.id, format: "h5", columns: 1 }),
    ).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("softmax"),
    });
    // what could not be written leaves what was there
    expect((await exports.list(ada, run.id)).map(({ format }) => format)).toContain("h5");
  });
});

describe("downloads", () => {
  it("of a model's own folder have the threshold of the moment, and leave a line behind", async () => {
    const { downloads } = opened.services;
    const before = (await audited()).length;
    const { name, bytes, mediaType, stream } = await downloads.openZip(ada, run.id, "model");
    expect([name, mediaType]).toEqual(["My-pets-run-1-model.zip", "application/zip"]);
    const zip = await joined(stream());
    expect(zip.length).toBe(bytes);
    const inside = (path: string) => readKerasArchive(zip, "it", `My-pets-run-1-model/${path}`);
    const manifest = JSON.parse(String(await inside("graft.json")));
    expect(manifest).toMatchObject({ labels: LABELS, notSureBelow: 0.75 });
    for (const [path, hash] of Object.entries(manifest.files))
      expect(sha256(await inside(path)), path).toBe(hash);
    const own = JSON.parse(String(await taken("model/graft.json")));
    expect(own).toEqual(manifest);
    expect((await audited()).slice(0, -before || undefined)).toEqual([
      { run: run.id, path: "model/graft.json" },
      { run: run.id, what: "model" },
    ]);
  });

  it("of an export are all of its files and nothing of graft's own", async () => {
    const { downloads } = opened.services;
    const { stream } = await downloads.openZip(ada, run.id, "node");
    const zip = await joined(stream());
    expect(String(await readKerasArchive(zip, "it", "My-pets-run-1-node/labels.json"))).toBe(
      `${JSON.stringify(LABELS)}\n`,
    );
    await expect(readKerasArchive(zip, "it", "My-pets-run-1-node/export.json")).rejects.toThrow();
    const paths = (await downloads.list(ada, run.id)).map(({ path }) => path);
    expect(paths).toContain("model/weights.bin");
    expect(paths).toContain("exports/python/predict.py");
    expect(paths.filter((path) => path.endsWith("export.json"))).toEqual([]);
  });

  it.each(["exports/onnx/export.json", "run.json", "model", "model/../run.json", "exports/onnx/none"])(
    "of %s are told that there is no such file",
    async (path) => {
      await expect(opened.services.downloads.openFile(ada, run.id, path)).rejects.toMatchObject({
        code: "not-found",
      });
    },
  );

  it("come in parts, too", async () => {
    const whole = await taken("model/weights.bin");
    const { stream } = await opened.services.downloads.openFile(ada, run.id, "model/weights.bin");
    const part = await joined(await stream({ start: 1000, length: 500 }));
    expect(part.equals(whole.subarray(1000, 1500))).toBe(true);
  });
});
