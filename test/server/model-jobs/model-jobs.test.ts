import { type Caller, type ModelJobRow, newId } from "@graft/api";
import { CoreError, serializeError } from "@graft/core";
import { expect, it } from "vitest";
import { modelJobEventSchema } from "../../../packages/api/src/model-jobs/model-job-view.ts";
import { exampleData, newAccount, signedIn } from "../example-data.ts";
import { completedJob } from "../example-model-jobs.ts";
import { describeServices, type TestServices } from "../open-services.ts";

const DAY_MS = 24 * 60 * 60_000;

describeServices(
  "jobs over models",
  (open) => {
    async function prepared(test: TestServices) {
      const owner = await newAccount(test, "member");
      const ids = await exampleData(test, owner);
      const caller: Caller = { identity: await signedIn(test, owner), from: null, request: "r" };
      const rowOf = (id: string): Promise<ModelJobRow | undefined> => test.ports.repository.modelJobs.get(id);
      /** What is told of a job up to its end. */
      const toldOf = async (id: string) => {
        const told = [];
        for await (const { event } of await test.services.modelJobs.follow(caller, id, {}))
          told.push(modelJobEventSchema.parse(event));
        return told;
      };
      return { ids, caller, rowOf, toldOf };
    }

    it("an evaluation finds what one that is waited for does, is kept, and is one by its key", async () => {
      await using test = await open();
      const { ids, caller, toldOf, rowOf } = await prepared(test);
      const { modelJobs, modelJobResults } = test.services;
      const asked = { run: ids.$run, dataset: ids.$dataset, part: "all", page: true } as const;
      const job = await modelJobs.evaluate(caller, { ...asked, key: "k" });
      expect(job).toMatchObject({ kind: "evaluate", run: ids.$run, dataset: ids.$dataset, upload: null });
      expect((await toldOf(job.id)).at(-1)).toEqual({ state: "completed", progress: null });
      expect(await modelJobs.evaluate(caller, { ...asked, key: "k" })).toMatchObject({
        ...{ id: job.id, state: "completed", place: null, error: null },
      });
      const found = await modelJobResults.evaluation(caller, job.id);
      expect(found.evaluation.images).toBeGreaterThan(5);
      expect(found.page).toContain("<html");
      const { items: before } = await modelJobs.list(caller, { run: ids.$run, limit: 50 });
      const now = await modelJobResults.evaluateNow(caller, asked);
      expect({ ...now, page: null }).toEqual({ ...found, page: null });
      // of what was waited for nothing is kept
      const { items: after } = await modelJobs.list(caller, { run: ids.$run, limit: 50 });
      expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      await expect(modelJobResults.sentEvaluation(caller, job.id)).rejects.toMatchObject({
        code: "conflict",
      });
      const hash = (await rowOf(job.id))?.result ?? "";
      expect(await test.ports.blobs.head(hash)).toBeDefined();
      await modelJobs.remove(caller, job.id);
      expect(await test.ports.blobs.head(hash)).toBeUndefined();
    });

    it("an evaluation of an upload's pictures goes with the upload, with their list and what was found", async () => {
      await using test = await open();
      const { ids, caller, toldOf, rowOf } = await prepared(test);
      const { modelJobs, modelJobResults, uploads } = test.services;
      const facts = { format: "png", width: 40, height: 30, perceptualHash: "0123456789abcdef" } as const;
      const asked = {
        ...{ run: ids.$run, upload: ids.$sentUpload, name: "holiday", labels: ["cats"] },
        ...{ part: "all" as const, pictures: [{ path: "tom.png", label: 0, facts }] },
      };
      const job = await modelJobs.evaluateUpload(caller, asked);
      expect((await toldOf(job.id)).at(-1)?.state).toBe("completed");
      const found = await modelJobResults.sentEvaluation(caller, job.id);
      expect(found.evaluation.images).toBe(1);
      expect(await modelJobResults.evaluateUploadNow(caller, asked)).toEqual(found);
      const { sent, result } = (await rowOf(job.id)) ?? {};
      await uploads.cancel(caller, ids.$sentUpload);
      expect(await rowOf(job.id)).toBeUndefined();
      for (const hash of [sent, result]) {
        expect(hash).toMatch(/^[0-9a-f]{64}$/);
        expect(await test.ports.blobs.head(hash ?? "")).toBeUndefined();
      }
    });

    it("heat maps are those of a prediction, are in the results from then on, and are not computed twice", async () => {
      await using test = await open();
      const { ids, caller, toldOf } = await prepared(test);
      const { modelJobs, models, results } = test.services;
      const { repository } = test.ports;
      const held = async () =>
        (await results.pictures(caller, { run: ids.$run, which: "all", limit: 100 })).items.flatMap(
          ({ image, heatMap }) => (image ? { image: image.id, heatMap } : []),
        );
      const before = await held();
      expect(before.length).toBeGreaterThan(0);
      expect(before.every(({ heatMap }) => heatMap === null)).toBe(true);
      const { id } = await modelJobs.explain(caller, { run: ids.$run });
      expect((await toldOf(id)).at(-1)?.state).toBe("completed");
      const pictures = before.map(({ image }) => ({ image }));
      const { answers } = await models.predict(caller, { run: ids.$run, pictures, explain: true });
      const expected = answers.map((answer) => (answer.kind === "answer" ? answer.heatMap : null));
      expect(expected.every((map) => map?.rows.length === 7)).toBe(true);
      expect((await held()).map(({ heatMap }) => heatMap)).toEqual(expected);

      const [first] = before;
      const mark = { run: ids.$run, image: first?.image ?? "", label: "cats", rows: [[9]] };
      await repository.heatMaps.put([mark]);
      const all = [...pictures.map(({ image }) => image), ids.$image];
      await toldOf((await modelJobs.explain(caller, { run: ids.$run, images: all })).id);
      expect((await held())[0]?.heatMap).toEqual({ label: "cats", rows: [[9]] });
      expect(await results.heatMaps(caller, { run: ids.$run, images: [ids.$image] })).toMatchObject([
        { image: ids.$image, rows: { length: 7 } },
      ]);
      // another run's are its own
      expect(await repository.heatMaps.of(ids.$otherRun, all)).toEqual([]);
    });

    it("an export is made again by who comes after a server that ended, and after one that was killed", async () => {
      await using test = await open();
      const { ids, caller, rowOf, toldOf } = await prepared(test);
      const { modelJobs, exports, modelWork } = test.services;
      const job = await modelJobs.export(caller, { run: ids.$run, format: "onnx" });
      await expect.poll(async () => (await rowOf(job.id))?.state, { timeout: 20_000 }).toBe("running");
      await test.modelWork.stop();
      expect(await rowOf(job.id)).toMatchObject({ state: "queued", error: null });
      expect(await modelJobs.get(caller, job.id)).toMatchObject({ place: 1, waiting: { reason: "busy" } });
      // it was killed between the row and its job
      const killed = newId();
      const row = await rowOf(job.id);
      if (!row) throw new TypeError("it is there");
      await test.ports.repository.modelJobs.create({
        ...{ ...row, id: killed, state: "running" },
        asked: { kind: "export", format: "keras" },
      });
      await modelWork.reconcile();
      await modelWork.reconcile();
      const waiting = (await test.ports.jobs.list()).filter(({ kind }) => kind === "export");
      expect(waiting.map(({ subject }) => subject).sort()).toEqual([job.id, killed].sort());
      test.modelWork.start();
      for (const id of [job.id, killed]) expect((await toldOf(id)).at(-1)?.state).toBe("completed");
      expect((await exports.list(caller, ids.$run)).map(({ format }) => format).sort()).toEqual([
        "keras",
        "onnx",
      ]);
    });

    it("that took their worker with them too often are over, and say so", async () => {
      await using test = await open();
      const { ids, caller, rowOf } = await prepared(test);
      await test.modelWork.stop();
      const { id } = await test.services.modelJobs.export(caller, { run: ids.$run, format: "onnx" });
      const { jobs } = test.ports;
      const claim = { worker: "dying", kinds: ["export"], backends: [] } as const;
      const error = serializeError(new CoreError("backend", { what: "The worker ended unexpectedly." }));
      for (let begun = 0; begun < 4; begun++) {
        expect(await jobs.claim(claim)).toMatchObject({ id });
        expect(await jobs.fail(id, claim.worker, { error, retry: true })).toBe(true);
      }
      expect(await jobs.claim(claim)).toBeUndefined();
      expect(await rowOf(id)).toMatchObject({ state: "queued" });
      await test.services.modelWork.reconcile();
      expect(await rowOf(id)).toMatchObject({ state: "failed", error: { code: "backend" } });
      expect((await jobs.list()).some(({ subject }) => subject === id)).toBe(false);
    });

    it("under the key of one that was removed are done anew, and something else under a key is refused", async () => {
      await using test = await open();
      const { ids, caller, toldOf, rowOf } = await prepared(test);
      const { modelJobs, modelJobResults } = test.services;
      const asked = { run: ids.$run, format: "onnx", key: "nightly" } as const;
      for (let time = 0; time < 2; time++) {
        const job = await modelJobs.export(caller, asked);
        expect((await toldOf(job.id)).at(-1)?.state).toBe("completed");
        await expect(modelJobs.export(caller, { ...asked, format: "h5" })).rejects.toMatchObject({
          code: "conflict",
        });
        await modelJobs.remove(caller, job.id);
      }
      // who leaves leaves it going, and what it found is kept
      const leaving = new AbortController();
      await test.modelWork.stop();
      const waited = modelJobResults.exportNow(caller, { ...asked, key: "left", signal: leaving.signal });
      const { id } = await modelJobs.export(caller, { ...asked, key: "left" });
      leaving.abort();
      await expect(waited).rejects.toMatchObject({ code: "cancelled" });
      test.modelWork.start();
      expect((await toldOf(id)).at(-1)?.state).toBe("completed");
      // and who waits for what is removed hears it
      await test.modelWork.stop();
      const gone = modelJobResults.exportNow(caller, { ...asked, key: "gone" });
      const told = expect(gone).rejects.toMatchObject({ code: "conflict" });
      const other = await modelJobs.export(caller, { ...asked, key: "gone" });
      await test.ports.repository.modelJobs.remove(other.id);
      await told;
      expect(await rowOf(other.id)).toBeUndefined();
    });

    it("are stopped while they wait and while they are worked on, and say why they failed", async () => {
      await using test = await open();
      const { ids, caller, rowOf, toldOf } = await prepared(test);
      const { modelJobs, modelJobResults } = test.services;
      await test.modelWork.stop();
      const asked = { run: ids.$run, format: "onnx" } as const;
      const waiting = await modelJobs.export(caller, asked);
      expect(await modelJobs.cancel(caller, waiting.id)).toMatchObject({ state: "cancelled", place: null });
      const next = await modelJobs.export(caller, asked);
      await expect(modelJobs.remove(caller, next.id)).rejects.toMatchObject({ code: "conflict" });
      test.modelWork.start();
      await expect.poll(async () => (await rowOf(next.id))?.state, { timeout: 20_000 }).toBe("running");
      await modelJobs.cancel(caller, next.id);
      expect((await toldOf(next.id)).at(-1)?.state).toBe("cancelled");
      expect(await test.services.exports.list(caller, ids.$run)).toEqual([]);

      const empty = { run: ids.$run, dataset: ids.$dataset, part: "test" } as const;
      const failed = await modelJobs.evaluate(caller, empty);
      expect((await toldOf(failed.id)).at(-1)?.state).toBe("failed");
      const view = await modelJobs.get(caller, failed.id);
      expect(view.error).toMatchObject({ code: "not-found" });
      for (const ask of [
        () => modelJobResults.evaluation(caller, failed.id),
        () => modelJobResults.evaluateNow(caller, empty),
      ])
        await expect(ask()).rejects.toMatchObject({ code: "not-found", message: view.error?.message });
    });

    it("go with what is deleted: pages that show a picture, its heat map, all of a run and of a data set", async () => {
      await using test = await open();
      const { ids, caller, rowOf } = await prepared(test);
      const { datasets, images, runs, modelJobs } = test.services;
      const { repository, blobs } = test.ports;
      const made = (run: string, page: boolean) =>
        completedJob(test, caller, {
          of: { run, dataset: ids.$dataset, upload: null },
          found: { page },
          page,
        });
      const [shows, tells, other] = [
        await made(ids.$run, true),
        await made(ids.$run, false),
        await made(ids.$otherRun, false),
      ];
      const hashes = await Promise.all(
        [shows, tells, other].map(async (id) => (await rowOf(id))?.result ?? ""),
      );
      const there = async () =>
        Promise.all(hashes.map(async (hash) => (await blobs.head(hash)) !== undefined));
      const map = (image: string) => ({ run: ids.$run, image, label: "cats", rows: [[1]] });
      await repository.heatMaps.put([map(ids.$image), map(ids.$otherImage)]);
      await test.modelWork.stop();
      const begun = await modelJobs.evaluate(caller, { run: ids.$run, dataset: ids.$dataset, page: true });

      await images.delete(caller, ids.$dataset, { images: [ids.$image] });
      expect(await there()).toEqual([false, true, true]);
      // who waits for one hears that it is to be asked for again
      expect([await rowOf(shows), await rowOf(begun.id)]).toEqual([undefined, undefined]);
      expect((await test.ports.jobs.list()).some(({ subject }) => subject === begun.id)).toBe(false);
      const kept = await repository.heatMaps.of(ids.$run, [ids.$image, ids.$otherImage]);
      expect(kept.map(({ image }) => image)).toEqual([ids.$otherImage]);

      await runs.remove(caller, ids.$run);
      expect(await there()).toEqual([false, false, true]);
      await datasets.delete(caller, ids.$dataset, { stopRuns: true });
      expect(await there()).toEqual([false, false, false]);
      expect(await rowOf(other)).toBeUndefined();
    });

    it("that ended a week ago are swept, with what they found", async () => {
      await using test = await open();
      const { ids, rowOf } = await prepared(test);
      const { modelJobs } = test.ports.repository;
      await modelJobs.update(ids.$modelJob, { endedAt: Date.now() - 7 * DAY_MS - 1000 });
      const hash = (await rowOf(ids.$modelJob))?.result ?? "";
      expect(await test.services.modelWork.sweep()).toBe(1);
      expect([await rowOf(ids.$modelJob), await test.ports.blobs.head(hash)]).toEqual([undefined, undefined]);
      expect(await rowOf(ids.$sentJob)).toBeDefined();
    });

    it("of one account are refused when twenty of them wait", async () => {
      await using test = await open();
      const { ids, caller, rowOf } = await prepared(test);
      await test.modelWork.stop();
      const { modelJobs } = test.services;
      const row = await rowOf(ids.$modelJob);
      if (!row) throw new TypeError("it is there");
      for (let n = 0; n < 20; n++)
        await test.ports.repository.modelJobs.create({ ...row, id: newId(), state: "queued", result: null });
      await expect(modelJobs.export(caller, { run: ids.$run, format: "onnx" })).rejects.toMatchObject({
        code: "busy",
      });
    });
  },
  { secondIsLong: true },
);
