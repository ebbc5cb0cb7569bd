import type { HeatMapRow, ModelJobChange, Repository } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleImage, sampleModelJob, sampleRun, sampleUpload } from "./sample-rows.ts";
import { newLeaves, type OpenRepository, sharedRepository, walkPages } from "./shared-repository.ts";

/** A run of a data set of its own, with a picture and an upload. */
async function newRun(repository: Repository) {
  const { id: dataset } = await newLeaves(repository);
  const run = await repository.runs.create(sampleRun(dataset));
  const image = sampleImage(dataset);
  await repository.images.add(dataset, { classes: [], images: [image], parts: new Map(), at: NOW });
  const upload = sampleUpload(dataset);
  await repository.uploads.create(upload);
  return { dataset, run: run.id, image: image.id, upload: upload.id };
}

export function describeModelJobs(open: OpenRepository): void {
  describe("model jobs", () => {
    const repository = sharedRepository(open);

    it("are given back as they were stored and changed, and change from the given states alone", async () => {
      const { modelJobs, blobs } = repository();
      const { run, upload } = await newRun(repository());
      const before = sampleModelJob(run, {
        ...{ kind: "evaluate", upload, sent: newHash() },
        asked: { kind: "evaluate", part: "test", precisionTarget: 0.1 + 0.2, splitGap: true, page: false },
      });
      await modelJobs.create(before);
      expect(await modelJobs.get(before.id)).toStrictEqual(before);
      await expect(modelJobs.create(before)).rejects.toMatchObject({ code: "conflict" });
      for (const gone of [{ run: "none" }, { dataset: "none" }, { upload: "none" }])
        await expect(modelJobs.create(sampleModelJob(run, gone))).rejects.toMatchObject({
          code: "not-found",
        });
      const change: ModelJobChange = { state: "running", startedAt: NOW + 1, worker: "w" };
      expect(await modelJobs.update(before.id, change, ["running"])).toBe(false);
      expect(
        await modelJobs.update(before.id, { ...change, progress: { done: 1, total: 5 } }, ["queued"]),
      ).toBe(true);
      const end: ModelJobChange = { state: "completed", result: newHash(), progress: null, endedAt: NOW + 2 };
      expect(await modelJobs.update(before.id, end)).toBe(true);
      expect(await modelJobs.get(before.id)).toStrictEqual({ ...before, ...change, ...end });
      expect(await modelJobs.update("none", end)).toBe(false);
      // what it names stays as long as it is there
      const named = [before.sent ?? "", end.result ?? ""];
      expect(await blobs.named(named)).toEqual(new Set(named));
      expect(await modelJobs.remove(before.id)).toStrictEqual({ ...before, ...change, ...end });
      expect(await modelJobs.remove(before.id)).toBeUndefined();
      expect(await modelJobs.get(before.id)).toBeUndefined();
      expect(await blobs.named(named)).toEqual(new Set());
    });

    it("are listed newest first, of a run, a data set, an upload, an owner, in some states, ended before a time", async () => {
      const { modelJobs } = repository();
      const { run, dataset, upload } = await newRun(repository());
      const other = await newRun(repository());
      const made = [
        sampleModelJob(run, { createdAt: NOW + 3, owner: run }),
        sampleModelJob(run, { createdAt: NOW + 1, upload, state: "failed", endedAt: NOW + 5 }),
        // of another data set's model, over this one's pictures
        sampleModelJob(other.run, { createdAt: NOW + 2, dataset, state: "completed", endedAt: NOW + 9 }),
      ];
      for (const job of made) await modelJobs.create(job);
      const times = async (request: Omit<Parameters<typeof modelJobs.page>[0], "limit">) =>
        (await walkPages((page) => modelJobs.page({ ...request, ...page }), 2)).map(
          ({ createdAt }) => createdAt - NOW,
        );
      expect(await times({ dataset })).toEqual([3, 2, 1]);
      expect(await times({ run })).toEqual([3, 1]);
      expect(await times({ upload })).toEqual([1]);
      expect(await times({ dataset, owner: run })).toEqual([3]);
      expect(await times({ dataset, states: ["failed", "completed"] })).toEqual([2, 1]);
      expect(await times({ dataset, endedBefore: NOW + 9 })).toEqual([1]);
    });

    it("go with their run, their data set and their upload", async () => {
      const { modelJobs, runs, datasets, uploads } = repository();
      const { run, upload } = await newRun(repository());
      const other = await newRun(repository());
      const make = async (of: Parameters<typeof sampleModelJob>) => {
        const job = sampleModelJob(...of);
        await modelJobs.create(job);
        return job.id;
      };
      const ofUpload = await make([run, { upload }]);
      const ofData = await make([run, { dataset: other.dataset }]);
      const ofRun = await make([run]);
      const there = async () =>
        (await Promise.all([ofUpload, ofData, ofRun].map((id) => modelJobs.get(id)))).map(
          (job) => job !== undefined,
        );
      await uploads.remove(upload);
      expect(await there()).toEqual([false, true, true]);
      await datasets.remove(other.dataset);
      expect(await there()).toEqual([false, false, true]);
      await runs.remove(run);
      expect(await there()).toEqual([false, false, false]);
    });
  });

  describe("heat maps", () => {
    const repository = sharedRepository(open);
    const mapOf = (run: string, image: string, value: number): HeatMapRow => ({
      ...{ run, image, label: "oak" },
      rows: [
        [value, 0],
        [1 / 3, 2],
      ],
    });

    it("are kept one for each run and picture, to the last bit, and none of what is gone", async () => {
      const { heatMaps } = repository();
      const { run, image } = await newRun(repository());
      const other = await newRun(repository());
      const kept = mapOf(run, image, 0.1 + 0.2);
      await heatMaps.put([mapOf(run, image, 1), mapOf(other.run, image, 2)]);
      await heatMaps.put([kept, mapOf(run, "none", 3), mapOf("none", image, 4)]);
      expect(await heatMaps.of(run, [image, "none", other.image])).toStrictEqual([kept]);
      expect(await heatMaps.of(other.run, [image])).toStrictEqual([mapOf(other.run, image, 2)]);
      expect(await heatMaps.of("none", [image])).toEqual([]);
      expect(await heatMaps.of(run, [])).toEqual([]);
    });

    it("go with their run, and with their picture", async () => {
      const { heatMaps, images, runs } = repository();
      const { run, dataset, image } = await newRun(repository());
      const other = await newRun(repository());
      await heatMaps.put([mapOf(run, image, 1), mapOf(other.run, image, 2), mapOf(run, other.image, 3)]);
      await images.remove(dataset, [image], NOW);
      expect(await heatMaps.of(run, [image, other.image])).toStrictEqual([mapOf(run, other.image, 3)]);
      expect(await heatMaps.of(other.run, [image])).toEqual([]);
      await runs.remove(run);
      expect(await heatMaps.of(run, [other.image])).toEqual([]);
    });
  });
}
