/** What every adapter of the port `Jobs` must do: the server's on both databases, a page's. */
import { type Job, type Jobs, type JobsChange, newId } from "@graft/api";
import { CoreError, type SerializedError, serializeError } from "@graft/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { by, newJob, type OpenedJobs } from "./jobs-opened.ts";
import { describeShards } from "./jobs-shards.ts";

const ERROR: SerializedError = serializeError(new CoreError("limit", { what: "It is too large." }));

/** @param open an empty queue. */
export function describeJobs(name: string, open: () => Promise<OpenedJobs>): void {
  describe(name, () => {
    let opened: OpenedJobs;
    let jobs: Jobs;
    const waiting = async (): Promise<readonly string[]> =>
      (await jobs.list()).flatMap(({ id, state }) => (state === "waiting" ? [id] : []));
    const submit = async (count: number): Promise<readonly string[]> => {
      const made = Array.from({ length: count }, () => newJob());
      for (const job of made) await jobs.submit(job);
      return made.map(({ id }) => id);
    };
    const claimed = async (worker = "w1"): Promise<Job> => {
      const job = await jobs.claim(by(worker));
      if (!job) throw new TypeError("a job waits");
      return job;
    };

    beforeAll(async () => {
      opened = await open();
      jobs = opened.jobs;
    });
    afterAll(() => opened.close());
    // whatever a test left behind
    beforeEach(async () => {
      for (const { id, worker } of await jobs.list()) {
        await jobs.stop(id, "cancel");
        if (worker !== undefined) await jobs.complete(id, worker);
      }
    });

    it("gives jobs out in the order in which they came, each once", async () => {
      const ids = await submit(3);
      expect(await waiting()).toEqual(ids);
      expect([(await claimed()).id, (await claimed()).id, (await claimed()).id]).toEqual(ids);
      expect(await jobs.claim(by("w1"))).toBeUndefined();
    });

    it("gives a worker of one account that account's jobs alone", async () => {
      const [anna, ben] = [newJob(), newJob({ owner: "ben" })];
      await jobs.submit(anna);
      await jobs.submit(ben);
      expect(await jobs.claim(by("w1", { owner: "clara" }))).toBeUndefined();
      expect(await jobs.claim(by("w1", { owner: "ben" }))).toMatchObject({ id: ben.id });
      expect(await jobs.claim(by("w1", { owner: "ben" }))).toBeUndefined();
      expect(await jobs.claim(by("w1"))).toMatchObject({ id: anna.id });
    });

    it("tells all of a job, as it was submitted and where it is", async () => {
      const before = Date.now();
      await jobs.submit(newJob());
      const job = newJob({ kind: "import", backend: "cpu", request: "r-1" });
      await jobs.submit(job);
      const kept = await jobs.get(job.id);
      expect(kept).toEqual({
        ...job,
        state: "waiting",
        place: 2,
        attempts: 0,
        submittedAt: expect.any(Number),
      });
      // the database's clock is this machine's
      expect(Math.abs((kept?.submittedAt ?? 0) - before)).toBeLessThan(60_000);
      await claimed();
      expect(await jobs.get(job.id)).toMatchObject({ place: 1 });
      expect(await claimed("w7")).toMatchObject({ id: job.id, state: "active", worker: "w7", attempts: 0 });
      expect(await jobs.get(job.id)).not.toHaveProperty("place");
      expect((await jobs.list()).map(({ state }) => state)).toEqual(["active", "active"]);
      expect(await jobs.get(newId())).toBeUndefined();
    });

    it("takes the same id as the same job, also when it has ended", async () => {
      const job = newJob();
      await jobs.submit(job);
      await jobs.submit({ ...job, owner: "ben" });
      expect(await waiting()).toEqual([job.id]);
      expect(await claimed()).toMatchObject({ owner: "anna" });
      await jobs.complete(job.id, "w1");
      await jobs.submit(job);
      expect(await jobs.get(job.id)).toMatchObject({ state: "done" });
      expect(await waiting()).toEqual([]);
    });

    it("moves a waiting job before all others, or after them", async () => {
      const [a = "", b = "", c = ""] = await submit(3);
      expect(await jobs.move(c, "front")).toBe(true);
      expect(await waiting()).toEqual([c, a, b]);
      expect(await jobs.move(b, "front")).toBe(true);
      expect(await jobs.move(c, "back")).toBe(true);
      expect(await waiting()).toEqual([b, a, c]);
      expect(await jobs.get(c)).toMatchObject({ place: 3 });
      const [late = ""] = await submit(1);
      expect(await waiting()).toEqual([b, a, late, c]);
      expect((await claimed()).id).toBe(b);
      expect(await jobs.move(b, "back")).toBe(false);
      expect(await jobs.move(newId(), "back")).toBe(false);
    });

    it("gives a worker only what it can do: its kinds, its backends", async () => {
      const gpu = newJob({ backend: "cuda" });
      const search = newJob({ kind: "find-rate" });
      const plain = newJob();
      for (const job of [gpu, search, plain]) await jobs.submit(job);
      expect(await jobs.claim(by("w1", { kinds: ["import"] }))).toBeUndefined();
      expect(await jobs.claim(by("w1", { kinds: ["train"] }))).toMatchObject({ id: plain.id });
      expect(await jobs.claim(by("w1", { kinds: ["train"] }))).toBeUndefined();
      expect(await jobs.get(gpu.id)).toMatchObject({ state: "waiting", place: 1 });
      const backends = ["onnx:cuda", "cuda"];
      expect(await jobs.claim(by("w2", { backends }))).toMatchObject({ id: gpu.id });
    });

    describe("of shards", () => describeShards(() => opened));

    it("never gives one job to two who ask at once", async () => {
      const others = (await opened.beside()) ?? jobs;
      const ids = await submit(12);
      const asked = Array.from({ length: 16 }, (_, at) => (at % 2 === 0 ? jobs : others).claim(by(`w${at}`)));
      const got = (await Promise.all(asked)).flatMap((job) => (job ? [job.id] : []));
      expect(got.toSorted()).toEqual([...ids].toSorted());
    });

    it("leaves a job with the worker that tells of itself, and gives a silent one's to another", async () => {
      const [id = ""] = await submit(1);
      await claimed("w1");
      expect(await jobs.beat(id, "w1")).toBe("go-on");
      expect(await jobs.beat(id, "w2")).toBe("lost");
      expect(await jobs.claim(by("w2"))).toBeUndefined();
      await opened.fallSilent();
      expect(await jobs.get(id)).toMatchObject({ state: "waiting", place: 1, attempts: 1 });
      expect(await claimed("w2")).toMatchObject({ id, attempts: 1, worker: "w2" });
      expect(await jobs.beat(id, "w1")).toBe("lost");
      expect(await jobs.complete(id, "w1")).toBe(false);
      expect(await jobs.fail(id, "w1", { error: ERROR, retry: true })).toBe(false);
      expect(await jobs.release(id, "w1")).toBe(false);
      expect(await jobs.complete(id, "w2")).toBe(true);
      expect(await jobs.beat(id, "w2")).toBe("lost");
      expect(await jobs.get(id)).toMatchObject({ state: "done" });
    });

    it("begins a job four times, and then tells why it failed", async () => {
      const [id = "", other = ""] = await submit(2);
      for (let attempt = 0; attempt < 4; attempt++) {
        expect(await claimed()).toMatchObject({ id, attempts: attempt });
        expect(await jobs.fail(id, "w1", { error: ERROR, retry: true })).toBe(true);
      }
      expect(await jobs.get(id)).toMatchObject({ state: "failed", error: ERROR, attempts: 4 });
      for (let attempt = 0; attempt < 4; attempt++) {
        expect(await claimed()).toMatchObject({ id: other });
        await opened.fallSilent();
      }
      expect(await jobs.get(other)).toMatchObject({ state: "failed", error: { code: "backend" } });
      expect(await jobs.list()).toEqual([]);
    });

    it("counts the tries anew when something was kept in between", async () => {
      const [id = ""] = await submit(1);
      for (let attempt = 0; attempt < 10; attempt++) {
        expect(await claimed()).toMatchObject({ id, attempts: attempt });
        expect(await jobs.beat(id, "w1", { hasKept: true })).toBe("go-on");
        expect(await jobs.fail(id, "w1", { error: ERROR, retry: true })).toBe(true);
      }
      expect(await jobs.get(id)).toMatchObject({ state: "waiting" });
    });

    it("does not begin again what failed for good", async () => {
      const [id = ""] = await submit(1);
      await claimed();
      expect(await jobs.fail(id, "w1", { error: ERROR, retry: false })).toBe(true);
      expect(await jobs.get(id)).toMatchObject({ state: "failed", error: ERROR });
      expect(await jobs.claim(by("w1"))).toBeUndefined();
    });

    it("puts a released job at the head of the line, and does not count that as a try", async () => {
      const [a = "", b = ""] = await submit(2);
      for (let time = 0; time < 5; time++) {
        expect((await claimed()).id).toBe(a);
        await jobs.move(b, "front");
        expect(await jobs.release(a, "w1")).toBe(true);
        expect(await waiting()).toEqual([a, b]);
      }
      await claimed();
      await jobs.fail(a, "w1", { error: ERROR, retry: true });
      expect(await jobs.get(a)).toMatchObject({ state: "waiting" });
    });

    it("ends a waiting job that is stopped, and tells the worker of an active one", async () => {
      const [active = "", still = ""] = await submit(2);
      await claimed();
      expect(await jobs.stop(still, "interrupt")).toBe(true);
      expect(await jobs.get(still)).toMatchObject({ state: "cancelled" });
      expect(await jobs.stop(active, "interrupt")).toBe(true);
      expect(await jobs.get(active)).toMatchObject({ state: "active" });
      expect(await jobs.beat(active, "w1")).toBe("interrupt");
      expect(await jobs.stop(active, "cancel")).toBe(true);
      expect(await jobs.stop(active, "interrupt")).toBe(true);
      expect(await jobs.beat(active, "w1")).toBe("cancel");
      expect(await jobs.complete(active, "w1")).toBe(true);
      expect(await jobs.get(active)).toMatchObject({ state: "done" });
      expect(await jobs.stop(active, "cancel")).toBe(false);
      expect(await jobs.stop(newId(), "cancel")).toBe(false);
    });

    it("does not begin again what was to stop when its worker failed, ended or fell silent", async () => {
      const ids = await submit(3);
      const [failed = "", released = "", silent = ""] = ids;
      for (const _ of ids) await claimed();
      for (const id of ids) await jobs.stop(id, "interrupt");
      await jobs.fail(failed, "w1", { error: ERROR, retry: true });
      await jobs.release(released, "w1");
      await opened.fallSilent();
      for (const id of ids) expect(await jobs.get(id)).toMatchObject({ state: "cancelled" });
      expect(await jobs.claim(by("w1"))).toBeUndefined();
      expect(await jobs.beat(silent, "w1")).toBe("lost");
    });

    it("tells of what may be claimed or must be stopped, until nobody listens", async () => {
      const heard = new Set<JobsChange>();
      const end = jobs.onChange((change) => heard.add(change));
      const told = async (change: () => Promise<unknown>): Promise<readonly JobsChange[]> => {
        heard.clear();
        await change();
        return [...heard];
      };
      const job = newJob();
      expect(await told(() => jobs.submit(job))).toContain("waits");
      await claimed();
      expect(await told(() => jobs.fail(job.id, "w1", { error: ERROR, retry: true }))).toContain("waits");
      await claimed();
      expect(await told(() => jobs.release(job.id, "w1"))).toContain("waits");
      await claimed();
      expect(await told(() => jobs.stop(job.id, "interrupt"))).toContain("stop");
      end();
      expect(await told(() => jobs.submit(newJob()))).toEqual([]);
    });

    it("takes many at once, each once", async () => {
      const [known, ...others] = Array.from({ length: 30 }, () => newJob({ request: "r-1" }));
      if (!known) throw new TypeError("thirty were made");
      await jobs.submit();
      await jobs.submit(known);
      await jobs.submit(known, ...others);
      const listed = await jobs.list();
      expect(listed.map(({ id }) => id).sort()).toEqual([known, ...others].map(({ id }) => id).sort());
      expect(listed.map(({ place }) => place)).toEqual(listed.map((_, at) => at + 1));
      expect(listed.at(-1)).toMatchObject({ kind: known.kind, owner: "anna", request: "r-1", attempts: 0 });
    });

    it("tells another process of changes, too", async () => {
      const others = await opened.beside();
      if (!others) return;
      const heard: JobsChange[] = [];
      const end = others.onChange((change) => heard.push(change));
      const job = newJob();
      await jobs.submit(job);
      await expect.poll(() => heard).toContain("waits");
      await claimed();
      await jobs.stop(job.id, "cancel");
      await expect.poll(() => heard).toContain("stop");
      end();
    });

    it("has everything again after a restart", async () => {
      const [first = "", second = "", third = ""] = await submit(3);
      await jobs.move(third, "front");
      await claimed("w1");
      await jobs.stop(second, "cancel");
      jobs = await opened.restart();
      expect(await jobs.get(second)).toMatchObject({ state: "cancelled" });
      expect(await waiting()).toContain(first);
      // either it was put back at once, or when nothing is heard of the worker
      if ((await jobs.get(third))?.state === "active") {
        expect(await jobs.beat(third, "w1")).toBe("go-on");
        await opened.fallSilent();
      }
      expect(await claimed("w2")).toMatchObject({ id: third, attempts: 1 });
      expect(await claimed("w2")).toMatchObject({ id: first, attempts: 0 });
    });
  });
}
