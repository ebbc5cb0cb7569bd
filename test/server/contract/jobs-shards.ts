import type { Job, JobClaim, NewJob } from "@graft/api";
import type { Shard } from "@graft/core";
import { expect, it } from "vitest";
import { by, newJob, type OpenedJobs } from "./jobs-opened.ts";

/** Jobs of kind "extract". */
export function describeShards(opened: () => Pick<OpenedJobs, "fallSilent" | "jobs">): void {
  const SHARD: Shard = { part: "train", from: 0, to: 64, taps: ["features"] };
  const newShard = (change: Partial<NewJob> = {}): NewJob =>
    newJob({ kind: "extract", subject: "run", backend: "onnx:cpu@here", shard: SHARD, ...change });
  const inGroup = (worker: string, change: Partial<JobClaim> = {}): JobClaim =>
    by(worker, { backends: ["onnx:cpu", "cpu", "onnx:cpu@here"], ...change });

  it("keeps what is to be computed, and gives them to workers of their group alone, after all else", async () => {
    const { jobs } = opened();
    const shard = newShard();
    await jobs.submit(shard);
    const { id: training } = newJob();
    await jobs.submit(newJob({ id: training }));
    await jobs.move(shard.id, "front");
    expect((await jobs.list()).map(({ id }) => id)).toEqual([training, shard.id]);
    expect(await jobs.get(training)).toMatchObject({ place: 1 });
    expect(await jobs.get(shard.id)).toMatchObject({ place: 2, shard: SHARD });
    expect((await jobs.claim(inGroup("w1")))?.id).toBe(training);
    expect(await jobs.claim(by("w2"))).toBeUndefined();
    expect(await jobs.claim(by("w2", { backends: ["onnx:cpu@here/1f"] }))).toBeUndefined();
    expect(await jobs.claim(inGroup("w2"))).toMatchObject({ id: shard.id, shard: SHARD, worker: "w2" });
  });

  it("gives those of one run, and none while something waits that the worker is wanted for", async () => {
    const { jobs } = opened();
    const [first, other] = [newShard(), newShard({ subject: "another" })];
    for (const job of [first, other]) await jobs.submit(job);
    const training = newJob({ owner: "ben" });
    await jobs.submit(training);
    const ask = (change: Partial<JobClaim>): Promise<Job | undefined> =>
      jobs.claim(inGroup("w1", { kinds: ["extract"], subject: "another", ...change }));
    expect(await ask({ unless: ["train"] })).toBeUndefined();
    expect(await ask({ subject: "a third" })).toBeUndefined();
    // what waits is not for a worker of this account
    expect(await ask({ unless: ["train"], owner: "anna" })).toMatchObject({ id: other.id });
    expect(await ask({ subject: "run", unless: ["import"] })).toMatchObject({ id: first.id });
    expect(await ask({ subject: "run" })).toBeUndefined();
  });

  it("gives a silent worker's to another", async () => {
    const { jobs } = opened();
    const shard = newShard();
    await jobs.submit(shard);
    await jobs.claim(inGroup("w1"));
    await opened().fallSilent();
    const again = { kinds: ["extract"], subject: "run" } as const;
    expect(await jobs.claim(inGroup("w2", again))).toMatchObject({
      id: shard.id,
      attempts: 1,
      shard: SHARD,
    });
  });
}
