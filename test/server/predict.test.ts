import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ModelAnswers, PictureAnswer, ServedModel } from "@graft/api";
import { createOnnxBackend } from "@graft/backend-select";
import {
  type AskedImage,
  type Backend,
  isUnlike,
  type Model,
  memoryFolder,
  type Prediction,
  predictJob,
} from "@graft/core";
import { createImagePool } from "@graft/core/node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { openPredictor, served, type TestPredictor } from "./open-predictor.ts";

const LABELS = ["10", "2", "dog"];
const weights = randomWeights("mixed2");
const SMALL = { weights, cut: "mixed0", size: 75, labels: LABELS } as const;
const gap = sampleModel({ ...SMALL, recipe: "gap", unlikeAbove: 0.99 });
const classic = sampleModel({ ...SMALL, recipe: "classic", hidden: 16, labels: ["a", "b"] });
/** The same trunk as `gap`'s, under another head. */
const sibling: Model = {
  ...gap,
  manifest: { ...gap.manifest, labels: ["x", "y", "z"], run: "sibling" },
  head: new Map([...gap.head].map(([name, data]) => [name, data.map((value) => -value)])),
};
/** A trunk whose pass takes long enough that others gather meanwhile. */
const slow = sampleModel({ weights, recipe: "gap", cut: "mixed2", size: 150, labels: LABELS });

let opened: TestPredictor;
let pictures: readonly Buffer[];
let backend: Backend;
beforeAll(async () => {
  opened = await openPredictor();
  pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => picture(seed)));
  backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
});
afterAll(async () => {
  await backend.dispose();
  await opened[Symbol.asyncDispose]();
});

const ask = (model: ServedModel, asked: readonly Uint8Array[]): Promise<ModelAnswers> =>
  opened.predictor.predict({ model, pictures: asked });

function answersOf({ answers }: ModelAnswers): PictureAnswer[] {
  return answers.map((answer) => {
    if ("error" in answer) throw new Error(answer.error.message);
    return answer;
  });
}

/** What `graft predict` computes, on the same engine with as many threads: one picture at a time. */
async function predicted(model: Model, files: readonly Buffer[]): Promise<Prediction[]> {
  const pool = createImagePool({ threads: 1 });
  const said: Prediction[] = [];
  const workspace = {
    signal: new AbortController().signal,
    selectBackend: async () => ({ backend, refusals: [] }),
    encode: () => Promise.reject(new TypeError("nothing is drawn")),
  };
  try {
    for (const bytes of files) {
      const image: AskedImage = {
        name: "",
        prepare: async (rule) => (await pool.prepare({ bytes }, rule, null, [0]))[0] ?? new Uint8Array(),
        dimensions: () => Promise.reject(new TypeError("nothing is drawn")),
      };
      for await (const answer of predictJob(workspace, { model, images: [image] })) {
        if ("error" in answer) throw answer.error;
        said.push(answer.prediction);
      }
    }
  } finally {
    await pool.close();
  }
  return said;
}

/** The same facts of a prediction as an answer has. */
const told = (model: Model, prediction: Prediction): PictureAnswer => {
  const { label, score, probabilities, distance } = prediction;
  const unlike = isUnlike(model.manifest, prediction);
  return {
    ...{ label, score, probabilities: [...probabilities] },
    ...(distance === undefined ? {} : { distance }),
    ...(unlike === undefined ? {} : { unlike }),
  };
};

describe("the process that predicts", () => {
  it("gives the numbers of `graft predict`, bit for bit, alone and among others", async () => {
    const expected = (await predicted(gap, pictures)).map((prediction) => told(gap, prediction));
    const model = await served(gap);
    const alone = await ask(model, pictures.slice(0, 1));
    expect(alone).toMatchObject({ labels: LABELS, backend: "onnx:cpu" });
    expect(answersOf(alone)).toEqual(expected.slice(0, 1));
    expect(answersOf(await ask(model, pictures))).toEqual(expected);
    const each = await Promise.all(pictures.map((file) => ask(model, [file])));
    expect(each.flatMap(answersOf)).toEqual(expected);
    expect(new Set(expected.map(({ unlike }) => unlike)).size).toBeGreaterThan(0);
  });

  it("gives those of a head with a hidden layer bit for bit alone, and within 1e-6 among others", async () => {
    const expected = (await predicted(classic, pictures)).map((prediction) => told(classic, prediction));
    const model = await served(classic);
    expect(answersOf(await ask(model, pictures.slice(0, 1)))).toEqual(expected.slice(0, 1));
    const found = answersOf(await ask(model, pictures));
    for (const [i, { label, probabilities }] of found.entries()) {
      expect(label).toBe(expected[i]?.label);
      for (const [c, value] of probabilities.entries())
        expect(Math.abs(value - (expected[i]?.probabilities[c] ?? Number.NaN))).toBeLessThan(1e-6);
    }
  });

  it("puts pictures of many requests, and of models over one trunk, through it together", async () => {
    const [one, other] = [
      await served(slow),
      await served({ ...slow, manifest: { ...slow.manifest, run: "other" } }),
    ];
    expect(one.key).not.toBe(other.key);
    const expected = answersOf(await ask(one, pictures));
    const loaded = answersOf(await ask(other, pictures));
    expect(loaded).toEqual(expected);
    const before = await opened.predictor.facts();
    const rounds = 3;
    const requests = Array.from({ length: rounds * pictures.length }, (_, i) => {
      const file = pictures[i % pictures.length];
      return ask(i % 2 === 0 ? one : other, file ? [file] : []);
    });
    const answers = (await Promise.all(requests)).flatMap(answersOf);
    expect(answers).toEqual(Array.from({ length: rounds }, () => expected).flat());
    const after = await opened.predictor.facts();
    expect(after.images - before.images).toBe(rounds * pictures.length);
    // how many wait together is a matter of how busy the machine is; one by one they never go
    expect(after.runs - before.runs).toBeLessThan(rounds * pictures.length);
    expect(after.models - after.trunks).toBeGreaterThan(0);
  });

  it("refuses a damaged, a foreign and a far too large picture in their places, and answers the others", async () => {
    const [good = Buffer.of(), second = Buffer.of()] = pictures;
    const size = { width: 11_000, height: 11_000, channels: 3, background: "#fff" } as const;
    const huge = await sharp({ create: size, limitInputPixels: false })
      .png({ compressionLevel: 9 })
      .toBuffer();
    const jpeg = await sharp(good).resize(400, 300).jpeg().toBuffer();
    const asked = [good, jpeg.subarray(0, jpeg.length >> 1), Buffer.from("text"), huge, Buffer.of(), second];
    const { answers } = await ask(await served(gap), asked);
    expect(answers.map((answer) => ("error" in answer ? answer.error.code : "answer"))).toEqual([
      ...["answer", "corrupt", "bad-input", "limit", "bad-input", "answer"],
    ]);
    const fine = answers.filter((answer) => !("error" in answer));
    expect(fine).toEqual(answersOf(await ask(await served(gap), [good, second])));
  });

  it.each([
    ["gap", gap],
    ["classic", classic],
  ] as const)(
    "explains answers of %s by the heat map of a class, with the same numbers",
    async (_, model) => {
      const source = await served(model);
      const files = pictures.slice(0, 3);
      const plain = answersOf(await ask(source, files));
      const own = answersOf(await opened.predictor.predict({ model: source, pictures: files, explain: {} }));
      for (const [i, { heatMap, ...answer }] of own.entries()) {
        expect(answer.label).toBe(plain[i]?.label);
        expect(answer.score).toBeCloseTo(plain[i]?.score ?? Number.NaN, 6);
        expect(heatMap).toMatchObject({ label: answer.label, height: 7, width: 7 });
        expect(heatMap?.data).toHaveLength(49);
        expect(Math.min(...(heatMap?.data ?? []))).toBeGreaterThanOrEqual(0);
      }
      const request = { model: source, pictures: files.slice(0, 1) };
      const [asked] = answersOf(await opened.predictor.predict({ ...request, explain: { label: 1 } }));
      expect(asked?.heatMap?.label).toBe(1);
      await expect(opened.predictor.predict({ ...request, explain: { label: 7 } })).rejects.toMatchObject({
        code: "bad-input",
      });
    },
  );

  it("stops a request that nobody waits for any more", async () => {
    const model = await served(slow);
    const many = Array.from({ length: 300 }, (_, i) => pictures[i % pictures.length] ?? Buffer.of());
    const before = await opened.predictor.facts();
    const leaving = new AbortController();
    const request = opened.predictor.predict({ model, pictures: many, signal: leaving.signal });
    request.catch(() => undefined);
    while ((await opened.predictor.facts()).images === before.images) await settle();
    leaving.abort();
    await expect(request).rejects.toMatchObject({ code: "cancelled" });
    // what was under way ends, and this comes after it
    await ask(model, pictures.slice(0, 1));
    expect((await opened.predictor.facts()).images - before.images).toBeLessThan(many.length / 2);
  });

  it("tells what is wrong with a model, and goes on with others", async () => {
    const folder = memoryFolder();
    const empty = { key: "0".repeat(64), folder };
    await expect(ask(empty, pictures)).rejects.toMatchObject({ code: "not-found" });
    const whole = await served(gap);
    const bytes = (await whole.folder.readRange("weights.bin", 0, 1e9)) ?? new Uint8Array();
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    const damaged: ServedModel = {
      key: "1".repeat(64),
      folder: {
        ...whole.folder,
        readRange: async (path, start, length) =>
          path === "weights.bin"
            ? bytes.slice(start, start + length)
            : whole.folder.readRange(path, start, length),
      },
    };
    await expect(ask(damaged, pictures)).rejects.toMatchObject({ code: "corrupt" });
    expect(answersOf(await ask(whole, pictures))).toHaveLength(pictures.length);
  });
});

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("memory for models", () => {
  it("is shared out: the model that nobody asked for longest is given up, and read again when it is asked", async () => {
    await using few = await openPredictor({ modelBytes: 40e6 });
    const { predictor } = few;
    const sizes = [75, 76, 77, 78, 79, 80];
    const models = await Promise.all(
      sizes.map((size) => served(sampleModel({ ...SMALL, recipe: "gap", size }))),
    );
    const first: ModelAnswers[] = [];
    for (const model of models)
      first.push(await predictor.predict({ model, pictures: pictures.slice(0, 2) }));
    const { models: loaded, trunks, modelBytes } = await predictor.facts();
    expect(loaded).toBeLessThan(sizes.length);
    expect(trunks).toBe(loaded);
    expect(modelBytes).toBeLessThanOrEqual(40e6);
    for (const [i, model] of models.entries())
      expect(await predictor.predict({ model, pictures: pictures.slice(0, 2) })).toEqual(first[i]);
    const large = await served(sampleModel({ ...SMALL, recipe: "classic", hidden: 300, labels: ["a", "b"] }));
    await expect(predictor.predict({ model: large, pictures: [] })).rejects.toMatchObject({ code: "limit" });
  });
});

describe("a process that is killed", () => {
  it("is started again, and what it had is answered all the same; for a second time it is told", async () => {
    await using killed = await openPredictor();
    const { predictor, heard } = killed;
    const model = await served(slow);
    const expected = await predictor.predict({ model, pictures });
    const many = Array.from({ length: 8 }, () => pictures).flat();
    const kill = async (images: number): Promise<void> => {
      while ((await predictor.facts()).images <= images) await settle();
      process.kill((await predictor.pid()) ?? 0, "SIGKILL");
    };
    const requests = [many, pictures].map((files) => predictor.predict({ model, pictures: files }));
    await kill(pictures.length);
    const [all, other] = await Promise.all(requests);
    expect(heard.gone).toEqual(["killed by SIGKILL"]);
    expect(other).toEqual(expected);
    expect(all?.answers).toEqual(Array.from({ length: 8 }, () => expected.answers).flat());

    const before = await predictor.facts();
    const [poison, innocent] = [many, pictures].map((files) => predictor.predict({ model, pictures: files }));
    poison?.catch(() => undefined);
    await kill(before.images);
    while (heard.gone.length < 2) await settle();
    await kill(0); // the new process counts from 0; the first of the two is alone in it
    await expect(poison).rejects.toMatchObject({
      code: "backend",
      message: expect.stringContaining("ended twice"),
    });
    expect(await innocent).toEqual(expected);
    expect(heard.gone).toHaveLength(3);
  });

  it("does not take the server's secrets with it", async () => {
    if (!existsSync("/proc/self/environ")) return;
    process.env.DATABASE_URL = "postgres://user:hidden@host/db";
    process.env.AWS_SECRET_ACCESS_KEY = "hidden";
    try {
      await using other = await openPredictor();
      await other.predictor.facts();
      const environment = await readFile(`/proc/${await other.predictor.pid()}/environ`, "utf8");
      expect(environment).toContain("PATH=");
      expect(environment).not.toContain("hidden");
    } finally {
      delete process.env.DATABASE_URL;
      delete process.env.AWS_SECRET_ACCESS_KEY;
    }
  });

  it("that cannot work says why, to everybody who asks", async () => {
    await using none = await openPredictor({ backend: "tfjs:tensorflow" });
    const model = await served(gap);
    for (let i = 0; i < 2; i++)
      await expect(none.predictor.predict({ model, pictures })).rejects.toMatchObject({
        code: "backend",
        message: expect.stringContaining("tensorflow"),
      });
  });
});

it("pictures that wait are bounded, however many callers there are", async () => {
  await using narrow = await openPredictor({ waitingBytes: 10_000 });
  const model = await served(sibling);
  const first = narrow.predictor.predict({ model, pictures });
  await expect(narrow.predictor.predict({ model, pictures })).rejects.toMatchObject({ code: "busy" });
  // what is larger than the bound comes through when nobody waits
  expect(answersOf(await first)).toHaveLength(pictures.length);
});
