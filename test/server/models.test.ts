import { type Caller, MOST_EVALUATED, type Predicted, type Predictions, type RunRow } from "@graft/api";
import { createOnnxBackend } from "@graft/backend-select";
import { type Backend, evaluateModel, type Model, preparedBy } from "@graft/core";
import { createImagePool } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { sampleImage } from "./contract/sample-rows.ts";
import { type OpenedModels, openModels, sha256 } from "./open-models.ts";

/** Names that an object's keys would put in another order. */
const LABELS = ["b", "2", "10"] as const;

let opened: OpenedModels;
let ada: Caller;
let files: Readonly<Record<string, readonly Buffer[]>>;
let pets: Awaited<ReturnType<OpenedModels["dataset"]>>;
let model: Model;
let run: RunRow;
beforeAll(async () => {
  opened = await openModels();
  ada = await opened.person();
  const pictures = await Promise.all(Array.from({ length: 18 }, (_, seed) => picture(seed)));
  files = { b: pictures.slice(0, 6), "2": pictures.slice(6, 12), "10": pictures.slice(12) };
  pets = await opened.dataset(ada, files);
  model = sampleModel({
    ...{ weights: randomWeights("mixed0"), recipe: "gap", cut: "mixed0", size: 75, labels: LABELS },
    ...{ unlikeAbove: 0.99, trainedOn: pictures.slice(0, 2).map(sha256).sort() },
  });
  run = await opened.run(ada, pets.id, model);
});
afterAll(() => opened[Symbol.asyncDispose]());

const ids = (label: (typeof LABELS)[number]): readonly string[] => pets.images[label] ?? [];

function answered({ answers }: Predictions): Extract<Predicted, { kind: "answer" }>[] {
  return answers.map((answer) => {
    if (answer.kind === "answer") return answer;
    throw new Error(answer.error.message);
  });
}

describe("a model that is asked through the API", () => {
  it("says the same of pictures of a data set and of files, its classes in its own order", async () => {
    const asked = ids("b").map((image) => ({ image }));
    const known = await opened.services.models.predict(ada, { run: run.id, pictures: asked });
    const sent = (files.b ?? []).map((bytes) => ({ base64: bytes.toString("base64") }));
    expect(await opened.services.models.predict(ada, { run: run.id, pictures: sent })).toEqual(known);
    expect(await opened.services.models.predictBytes(ada, run.id, files.b ?? [])).toEqual(known);
    expect(known).toMatchObject({ run: run.id, notSureBelow: null });
    for (const { label, score, scores, sure, unlike, distance, heatMap } of answered(known)) {
      expect(scores.map((one) => one.label)).toEqual(LABELS);
      expect(Math.max(...scores.map((one) => one.score))).toBe(score);
      expect(scores.find((one) => one.label === label)?.score).toBe(score);
      expect([sure, heatMap]).toEqual([null, null]);
      expect(unlike).toBe((distance ?? Number.NaN) > 0.99);
    }
  });

  it("refuses what is no picture in its place", async () => {
    const [first = ""] = ids("2");
    const pictures = [{ base64: "AAAA" }, { image: first }, { base64: "no base64!" }];
    const { answers } = await opened.services.models.predict(ada, { run: run.id, pictures });
    expect(answers).toMatchObject([
      { kind: "refused", error: { code: "bad-input" } },
      { kind: "answer" },
      { kind: "refused", error: { code: "bad-input", message: expect.stringContaining("empty") } },
    ]);
  });

  it("is not sure below the score that is decided for the run, or that is asked for", async () => {
    const { decisions, models } = opened.services;
    const ask = (notSureBelow?: number) =>
      models.predict(ada, { run: run.id, pictures: [{ image: ids("b")[0] ?? "" }], notSureBelow });
    const decision = await decisions.decide(ada, { run: run.id, kind: "not-sure-below", value: 1 });
    opened.ahead += 2000;
    expect(await ask()).toMatchObject({ notSureBelow: 1, answers: [{ sure: false }] });
    expect(await ask(0.01)).toMatchObject({ notSureBelow: 0.01, answers: [{ sure: true }] });
    await opened.ports.repository.runs.undoDecision(decision.id, true);
    opened.ahead += 2000;
    expect(await ask()).toMatchObject({ notSureBelow: null, answers: [{ sure: null }] });
  });

  it("explains its answers, and another class than its own", async () => {
    const { models } = opened.services;
    const [image = ""] = ids("10");
    const [own] = answered(await models.predict(ada, { run: run.id, pictures: [{ image }], explain: true }));
    expect(own?.heatMap).toMatchObject({ label: own?.label });
    expect(own?.heatMap?.rows.map((row) => row.length)).toEqual(Array.from({ length: 7 }, () => 7));
    const other = LABELS.find((label) => label !== own?.label) ?? "";
    const explained = await models.explain(ada, { run: run.id, picture: { image }, label: other });
    expect(explained).toMatchObject({ kind: "answer", label: own?.label, heatMap: { label: other } });
    await expect(
      models.explain(ada, { run: run.id, picture: { image }, label: "elephant" }),
    ).rejects.toMatchObject({ code: "bad-input" });
  });

  it("says what it is", async () => {
    expect(await opened.services.models.get(ada, run.id)).toMatchObject({
      ...{ run: run.id, labels: LABELS, recipe: "gap", cut: "mixed0", size: 75, tellsUnlike: true },
      ...{ accuracy: 0.9, learnedFrom: 2, notSureBelow: null },
    });
    const unfinished = await opened.ports.repository.runs.create({
      ...run,
      id: "unfinished",
      hasModel: false,
    });
    await expect(opened.services.models.get(ada, unfinished.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("is asked no more from the moment on in which it is deleted, alone or with its data set", async () => {
    const { models, runs, datasets } = opened.services;
    const dataset = await opened.dataset(ada, files);
    const made = [await opened.run(ada, dataset.id, model), await opened.run(ada, dataset.id, model)];
    const ask = ({ id }: RunRow): Promise<Predictions> =>
      models.predictBytes(ada, id, (files.b ?? []).slice(0, 1));
    const [first = run, second = run] = made;
    for (const one of made) expect((await ask(one)).answers).toHaveLength(1);
    await runs.remove(ada, first.id);
    await expect(ask(first)).rejects.toMatchObject({ code: "not-found" });
    expect((await ask(second)).answers).toHaveLength(1);
    await datasets.delete(ada, dataset.id);
    await expect(ask(second)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("another account, and a token for predictions", () => {
  it("are told that what is not theirs is not there", async () => {
    const { models, modelJobResults, exports, downloads } = opened.services;
    const eve = await opened.person();
    const [image = ""] = ids("b");
    const own = await opened.dataset(eve, { b: files.b ?? [] });
    const evesRun = await opened.run(eve, own.id, model);
    const notFound = { code: "not-found" };
    const picture = { base64: "AAAA" };
    for (const asked of [
      () => models.get(eve, run.id),
      () => models.predict(eve, { run: run.id, pictures: [picture] }),
      () => models.predictBytes(eve, run.id, files.b ?? []),
      () => models.predict(eve, { run: evesRun.id, pictures: [{ image }] }),
      () => models.explain(eve, { run: run.id, picture }),
      () => modelJobResults.evaluateNow(eve, { run: run.id, dataset: own.id }),
      () => modelJobResults.evaluateNow(eve, { run: evesRun.id, dataset: pets.id }),
      () => exports.list(eve, run.id),
      () => modelJobResults.exportNow(eve, { run: run.id, format: "onnx" }),
      () => downloads.list(eve, run.id),
      () => downloads.openFile(eve, run.id, "model/model.json"),
      () => downloads.openZip(eve, run.id, "model"),
    ])
      await expect(asked()).rejects.toMatchObject(notFound);
    expect(answered(await models.predictBytes(eve, evesRun.id, files.b ?? []))).toHaveLength(6);
  });

  it("asks the runs that it names and no others, sees no pictures, and has its rate", async () => {
    const { models } = opened.services;
    const [image = ""] = ids("b");
    const other = await opened.run(ada, pets.id, model);
    const camera = opened.as(ada, "predict", { runs: [run.id], perMinute: 8, isTryLink: true });
    const ask = (id: string, count: number) =>
      models.predictBytes(camera, id, (files.b ?? []).slice(0, count));
    expect(answered(await ask(run.id, 5))).toHaveLength(5);
    await expect(ask(other.id, 1)).rejects.toMatchObject({ code: "not-found" });
    await expect(models.predict(camera, { run: run.id, pictures: [{ image }] })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(ask(run.id, 5)).rejects.toMatchObject({ code: "busy" });
    expect(answered(await ask(run.id, 3))).toHaveLength(3);
    opened.ahead += 60_000;
    expect(answered(await ask(run.id, 5))).toHaveLength(5);
  });
});

describe("an evaluation", () => {
  /** What core finds in the same pictures, in this process. */
  async function evaluated(backend: Backend) {
    const pool = createImagePool({ threads: 1 });
    const images = LABELS.flatMap((label, at) =>
      (files[label] ?? []).map((bytes, i) => {
        const facts = { format: "png", width: 40, height: 30, perceptualHash: "" } as const;
        return { path: `${label}/${i}.png`, hash: sha256(bytes), label: at, bytes: bytes.length, facts };
      }),
    ).filter(({ path }) => /[25]\.png$/.test(path));
    images.sort((a, b) => (a.path < b.path ? -1 : 1));
    const byHash = new Map(Object.values(files).flatMap((list) => list.map((one) => [sha256(one), one])));
    try {
      return await evaluateModel({
        ...{ model, backend, images, labels: LABELS, decodeAhead: 4 },
        prepare: preparedBy(pool.decoder, (image, ...rest) =>
          pool.prepare({ bytes: byHash.get(image.hash) ?? Buffer.of() }, ...rest),
        ),
      });
    } finally {
      await pool.close();
    }
  }

  it("of what was held back gives the numbers of `graft evaluate`, with the pictures' ids", async () => {
    const { modelJobResults } = opened.services;
    const found = await modelJobResults.evaluateNow(ada, { run: run.id, dataset: pets.id });
    await using backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
    const expected = await evaluated(backend);
    expect(found).toMatchObject({ run: run.id, dataset: pets.id, part: "validation" });
    expect(found.evaluation).toEqual(expected.evaluation);
    expect(found.calibration).toEqual(expected.assessment.calibration);
    expect(found.notSure).toEqual(expected.assessment.notSure);
    expect(found.evaluation.images).toBe(6);
    const all = new Map(Object.values(pets.images).flatMap((list) => list.map((id) => [id, true])));
    for (const { image, truth, path } of found.mistakes) {
      expect(all.has(image)).toBe(true);
      expect(path.startsWith(`${truth}/`)).toBe(true);
    }
    expect(found.mistakes.length).toBe(
      found.evaluation.images - Math.round(found.evaluation.accuracy * found.evaluation.images),
    );
    expect(found.seenInTraining).toEqual([]);
  });

  it("names pictures of the training, and takes any part", async () => {
    const found = await opened.services.modelJobResults.evaluateNow(ada, {
      run: run.id,
      dataset: pets.id,
      part: "train",
    });
    expect(found.seenInTraining.map(({ image }) => image).sort()).toEqual([...ids("b").slice(0, 2)].sort());
    expect(found.evaluation.images).toBe(12);
    await expect(
      opened.services.modelJobResults.evaluateNow(ada, { run: run.id, dataset: pets.id, part: "test" }),
    ).rejects.toMatchObject({ code: "not-found" });
  });

  it("of more pictures than somebody waits for is refused before any is read", async () => {
    const many = await opened.dataset(ada, { b: [] });
    const { repository } = opened.ports;
    const [only] = await repository.datasets.classes(many.id);
    const images = Array.from({ length: MOST_EVALUATED + 1 }, () =>
      sampleImage(many.id, { class: only?.id ?? null, part: "validation" }),
    );
    await repository.images.add(many.id, { classes: [], images, parts: new Map(), at: Date.now() });
    await expect(
      opened.services.modelJobResults.evaluateNow(ada, { run: run.id, dataset: many.id }),
    ).rejects.toMatchObject({ code: "limit" });
  });
});
