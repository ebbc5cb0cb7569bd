import { JOB_KINDS, type Job, type JobContext, type JobHandler, type Jobs, newId } from "@graft/api";
import { CoreError } from "@graft/core";
import type { Store } from "@graft/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import type { PgBossJobs } from "../../../apps/server/src/queue/pg-boss-jobs.ts";
import { JobClaimer } from "../../../apps/server/src/workers/job-claimer.ts";
import { openTestStore } from "../open-store.ts";

/** A job under way, in a test's hands. */
interface UnderWay {
  readonly job: Job;
  readonly context: JobContext;
  readonly end: (error?: unknown) => void;
}

describe("a worker's place at the queue", () => {
  let store: Store;
  let jobs: PgBossJobs;
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);

  beforeAll(async () => {
    store = await openTestStore("pglite");
    jobs = await openJobs({ database: store.queue, onError });
  });
  afterAll(async () => {
    await jobs[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const submit = async (): Promise<string> => {
    const id = newId();
    await jobs.submit({ id, kind: "train", subject: "run", owner: "anna" });
    return id;
  };
  const stateOf = async (id: string): Promise<string | undefined> => (await jobs.get(id))?.state;

  /** A claimer whose jobs end when the test says so. */
  function claimer(given: { readonly jobs?: Jobs; readonly beatMs?: number } = {}): {
    readonly claimer: JobClaimer;
    readonly next: () => Promise<UnderWay>;
  } {
    const begun: UnderWay[] = [];
    const handle: JobHandler = (job, context) =>
      new Promise((resolve, reject) => {
        const end = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
        begun.push({ job, context, end });
      });
    return {
      claimer: new JobClaimer({
        ...{ jobs, worker: newId(), kinds: JOB_KINDS, backends: [], handle, onError },
        ...{ beatMs: 60_000, lookMs: 60_000, ...given },
      }),
      async next() {
        await expect.poll(() => begun.length, { timeout: 20_000 }).toBeGreaterThan(0);
        const first = begun.shift();
        if (!first) throw new TypeError("one is there");
        return first;
      },
    };
  }

  it("does what is submitted, one after the other, and tells how each ended", async () => {
    const { claimer: one, next } = claimer();
    const ids = [await submit(), await submit(), await submit()];
    const [done = "", failed = "", last = ""] = ids;
    const first = await next();
    expect(first.job.id).toBe(done);
    first.end();
    const second = await next();
    expect(second.job.id).toBe(failed);
    expect(await stateOf(done)).toBe("done");
    second.end(new CoreError("corrupt", { what: "It is no archive." }));
    const third = await next();
    expect(await jobs.get(failed)).toMatchObject({ state: "failed", error: { code: "corrupt" } });
    third.end();
    await expect.poll(() => stateOf(last)).toBe("done");
    await one.close();
  });

  it("puts a job whose worker died back into the line, and begins it again", async () => {
    const { claimer: one, next } = claimer();
    const id = await submit();
    (await next()).end(new CoreError("backend", { what: "The worker ended unexpectedly." }));
    await expect.poll(() => stateOf(id)).toBe("waiting");
    const again = await next();
    expect(again.job).toMatchObject({ id, attempts: 1 });
    again.end();
    await expect.poll(() => stateOf(id)).toBe("done");
    await one.close();
  });

  it("does not count what the host is in trouble with against a job", async () => {
    const { claimer: one, next } = claimer();
    const id = await submit();
    (await next()).end(new CoreError("disk-full", { what: "The disk is full." }));
    await expect.poll(() => stateOf(id)).toBe("waiting");
    await one.close();
    // four tries are left, as at first
    for (let attempt = 0; attempt < 3; attempt++) await failOnce(id);
    expect(await stateOf(id)).toBe("waiting");
    await failOnce(id);
    expect(await stateOf(id)).toBe("failed");
  });

  it("tells how a job ended as soon as the queue can be told", async () => {
    let refusals = 2;
    const inTrouble = new Proxy<Jobs>(jobs, {
      get(_, key: keyof Jobs) {
        const isRefused = key === "complete" && refusals-- > 0;
        if (isRefused)
          return () => Promise.reject(new CoreError("unreadable", { what: "The store is gone." }));
        return (...given: unknown[]) => Reflect.apply(jobs[key], jobs, given);
      },
    });
    const { claimer: one, next } = claimer({ jobs: inTrouble });
    const id = await submit();
    errors.length = 0;
    (await next()).end();
    await expect.poll(() => stateOf(id), { timeout: 20_000 }).toBe("done");
    expect(errors).toMatchObject([{ code: "unreadable" }, { code: "unreadable" }]);
    await one.close();
  });

  it("hears at once in the same process that its job is to stop, and why", async () => {
    const { claimer: one, next } = claimer();
    for (const reason of ["interrupt", "cancel"] as const) {
      const id = await submit();
      const { context, end } = await next();
      expect(context.signal.aborted).toBe(false);
      await jobs.stop(id, reason);
      await expect.poll(() => context.signal.aborted).toBe(true);
      expect(context.signal.reason).toBe(reason);
      expect(context.isForHost()).toBe(false);
      end();
      await expect.poll(() => stateOf(id)).toBe("done");
    }
    await one.close();
  });

  it("drops a job that is another's by now, whatever comes of it", async () => {
    const { claimer: one, next } = claimer({ beatMs: 20 });
    const id = await submit();
    const { context, end } = await next();
    // as if nothing had been heard of it
    await jobs.loseAll();
    await expect.poll(() => context.signal.aborted).toBe(true);
    expect(context.signal.reason).toBe("interrupt");
    expect(context.isForHost()).toBe(true);
    const worker = newId();
    expect(await jobs.claim({ worker, kinds: JOB_KINDS, backends: [] })).toMatchObject({ id });
    end();
    await one.close();
    expect(await jobs.get(id)).toMatchObject({ state: "active", worker });
    await jobs.complete(id, worker);
  });

  it("stops what is under way when it is closed, and leaves it at the head of the line", async () => {
    const { claimer: one, next } = claimer();
    const id = await submit();
    const other = await submit();
    const { context, end } = await next();
    const closed = one.close();
    expect(context.signal.reason).toBe("interrupt");
    expect(context.isForHost()).toBe(true);
    end(new CoreError("cancelled", { what: "The work was cancelled." }));
    await closed;
    expect(await jobs.get(id)).toMatchObject({ state: "waiting", place: 1 });
    expect(await jobs.get(other)).toMatchObject({ state: "waiting", place: 2 });
    for (const left of [id, other]) await jobs.stop(left, "cancel");
  });

  it("has a job's tries counted anew when something was kept, before it tells that the worker died then", async () => {
    let answer: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow = new Proxy<Jobs>(jobs, {
      get: (_, key: keyof Jobs) =>
        key === "beat"
          ? (...given: Parameters<Jobs["beat"]>) => first.then(() => jobs.beat(...given))
          : (...given: unknown[]) => Reflect.apply(jobs[key], jobs, given),
    });
    const id = await submit();
    for (let attempt = 0; attempt < 3; attempt++) await failOnce(id);
    const { claimer: one, next } = claimer({ jobs: slow, beatMs: 5 });
    const { context, end } = await next();
    // while one beat is on its way, which knows nothing of it
    await new Promise((resolve) => setTimeout(resolve, 50));
    context.hasKept();
    // this was the last of four tries
    end(new CoreError("backend", { what: "The worker ended unexpectedly." }));
    answer();
    const again = await next();
    expect(again.job).toMatchObject({ id, attempts: 4 });
    again.end();
    await expect.poll(() => stateOf(id)).toBe("done");
    await one.close();
  });

  async function failOnce(id: string): Promise<void> {
    const worker = newId();
    expect(await jobs.claim({ worker, kinds: JOB_KINDS, backends: [] })).toMatchObject({ id });
    const error = { name: "Error", code: "internal", message: "", facts: {} } as const;
    await jobs.fail(id, worker, { error, retry: true });
  }
});
