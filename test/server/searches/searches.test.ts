import { newId } from "@graft/api";
import {
  CoreError,
  type CutLayer,
  drawSplit,
  findLearningRateJob,
  parseTrainConfig,
  sweepHeadsJob,
} from "@graft/core";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { newCaller } from "../runs/open-runs.ts";
import { homeWorkspace } from "../workers/host.ts";
import { openSearches } from "./open-searches.ts";

const COMMON = { weights: "bundled", backend: "cpu", epochs: 3, batchSize: 4 } as const;
const AXES: { recipes: "gap"[]; sizes: number[]; cuts: CutLayer[]; learningRates: number[] } = {
  ...{ recipes: ["gap"], sizes: [75], cuts: ["mixed0", "mixed1"], learningRates: [0.001, 0.01] },
};
const RATE = { weights: "bundled", backend: "cpu", size: 75, cut: "mixed0", batchSize: 4 } as const;

const searches = await openSearches(10);
afterAll(() => searches[Symbol.asyncDispose]());
const { kept, server, dataset, set, api, events, eventsOf, followed, caller: anna } = searches;

describe("searches for good settings", () => {
  /** The figures of a table, without times, which no two runs share. */
  const figures = (rows: readonly { readonly predictMs: number }[]) =>
    rows.map(({ predictMs: _, ...row }) => row);

  it("a sweep has the numbers of the command on the same split, to the last bit, and tells how far it is", async () => {
    const asked = await api().sweep({ dataset: dataset.id, config: COMMON, axes: { ...AXES, seeds: 2 } });
    expect(asked).toMatchObject({ state: "queued", place: 1, sweep: null, kind: "sweep" });
    server.work();
    const told = await eventsOf(asked.id);
    expect(told.at(-1)).toMatchObject({ id: "completed", event: { state: "completed", progress: null } });
    const phases = told.flatMap(({ event }) => event.progress?.phase ?? []);
    expect(phases).toContain("heads");
    // who comes back hears no more of it than it has not heard
    expect(await eventsOf(asked.id, "completed")).toEqual([]);

    const { sweep } = await api().get({ search: asked.id });
    await using workspace = homeWorkspace(await temporaryFolder("searches-home"));
    const here = await sweepHeadsJob(workspace, {
      ...{
        dataset: set,
        axes: { ...AXES, seeds: [parseTrainConfig({}).seed, parseTrainConfig({}).seed + 1] },
      },
      // the rule that the data set is split by
      configOf: (recipe) => parseTrainConfig({ ...COMMON, recipe, valSplit: dataset.split.fraction }),
    });
    const { dataset: read } = await workspace.openDataset(set);
    const { seed } = parseTrainConfig({});
    expect(drawSplit(read, { seed, fraction: 0.2 })).toEqual(drawSplit(read, dataset.split));
    expect(figures(sweep?.rows ?? [])).toEqual(figures(here.rows));
    expect(sweep?.images).toEqual(here.images);
    // which of several equals it is, the time of a prediction decides
    expect(sweep?.rows[sweep.recommended]?.accuracy).toEqual(here.recommended.accuracy);
  });

  it("a test of learning rates has the numbers of the command, and a run is made of what either found", async () => {
    const asked = await api().findRate({ dataset: dataset.id, config: RATE });
    await eventsOf(asked.id);
    const { rate, state, worker } = await api().get({ search: asked.id });
    expect(state).toBe("completed");
    expect(worker).not.toBeNull();
    await using workspace = homeWorkspace(await temporaryFolder("searches-home"));
    const here = await findLearningRateJob(workspace, {
      ...{ dataset: set, config: parseTrainConfig({ ...RATE, valSplit: dataset.split.fraction }) },
    });
    expect(rate).toEqual(here);
    const run = await api().train({ search: asked.id, name: "by rate" });
    expect(run).toMatchObject({ name: "by rate", config: { ...RATE, learningRate: here.learningRate } });
    await server.as(anna).runs.cancel({ run: run.id });

    const [swept] = (await api().list({ dataset: dataset.id })).items.filter(({ kind }) => kind === "sweep");
    const { sweep } = await api().get({ search: swept?.id ?? "" });
    const last = (sweep?.rows.length ?? 0) - 1;
    const { cut, learningRate, size } = sweep?.rows[last] ?? {};
    const other = await api().train({ search: swept?.id ?? "", row: last });
    expect(other.config).toMatchObject({ ...COMMON, cut, learningRate, size });
    await server.as(anna).runs.cancel({ run: other.id });
    const refused = api().train({ search: swept?.id ?? "", row: 99 });
    await expect(refused).rejects.toMatchObject({ cause: { code: "not-found" } });
  });

  it("one whose worker is killed is done again by the next, and its own faults end it at once", async () => {
    const asked = await api().sweep({ dataset: dataset.id, config: { ...COMMON, epochs: 15 }, axes: AXES });
    const worker = server.work();
    let kills = 0;
    await followed(asked.id, () => {
      kills++;
      worker.kill();
    });
    expect(kills).toBe(1);
    expect(await api().get({ search: asked.id })).toMatchObject({ state: "completed", error: null });
    // such a rate makes every head's loss stop being a number
    const config = { ...COMMON, optimizer: "sgd", momentum: 0.99 };
    const axes = { ...AXES, cuts: AXES.cuts.slice(0, 1), learningRates: [10] };
    const diverging = await api().sweep({ dataset: dataset.id, config, axes });
    await eventsOf(diverging.id);
    const { state, error, sweep } = await api().get({ search: diverging.id });
    // a head that comes through has its figures
    expect(state === "failed" ? error?.code : sweep?.rows.length).toBe(state === "failed" ? "diverged" : 1);
  });

  it("stops at once while it waits and soon while it is worked on, and is removed when it is over", async () => {
    const axes = { ...AXES, seeds: 50 };
    const first = await api().sweep({ dataset: dataset.id, config: { ...COMMON, epochs: 60 }, axes });
    const waiting = await api().findRate({ dataset: dataset.id, config: { ...RATE, backend: "webgpu" } });
    for await (const { event } of events(first.id)) if (event.progress) break;
    await expect(api().remove({ search: first.id })).rejects.toMatchObject({ cause: { code: "conflict" } });
    expect(await api().cancel({ search: waiting.id })).toMatchObject({ state: "cancelled" });
    await api().cancel({ search: first.id });
    expect((await eventsOf(first.id)).at(-1)?.id).toBe("cancelled");
    const { frozen = "" } = (await kept.repository.searches.get(first.id)) ?? {};
    for (const { id } of (await api().list({ dataset: dataset.id })).items)
      await api().remove({ search: id });
    expect((await api().list({})).items).toEqual([]);
    // another run of the same pictures may need the same bytes
    expect(await kept.repository.searches.get(first.id)).toBeUndefined();
    expect(frozen).toMatch(/^[0-9a-f]{64}$/);
  });

  it("one that a killed server left without a job is done by the next", async () => {
    const made = await api().findRate({ dataset: dataset.id, config: RATE });
    const row = await kept.repository.searches.get(made.id);
    if (!row) throw new TypeError("it was made");
    const id = newId();
    await kept.repository.searches.create({ ...row, id, state: "running", progress: null });
    await server.services.training.reconcile();
    await eventsOf(id);
    expect(await api().get({ search: id })).toMatchObject({ state: "completed" });
  });

  it("refuses before any work what is wrong, and is made once for one key", async () => {
    const axes = { ...AXES, seeds: 1 };
    const codeOf = async (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => "ok",
        ({ cause }) => (cause instanceof CoreError ? cause.code : "another error"),
      );
    const sweep = (config: Record<string, string | number>, more: object = {}) =>
      codeOf(api().sweep({ dataset: dataset.id, config, axes: { ...axes, ...more } }));
    expect(await sweep({ cut: "mixed0" })).toBe("bad-input");
    expect(await sweep({ weights: "/etc/passwd" })).toBe("bad-input");
    expect(await sweep({ epochs: 0 })).toBe("bad-input");
    expect(
      await sweep({}, { seeds: 100, learningRates: Array.from({ length: 50 }, (_, at) => 0.01 + at / 100) }),
    ).toBe("limit");
    expect(await sweep({}, { cuts: [] })).toBe("bad-input");
    const key = { dataset: dataset.id, config: RATE, key: "once" };
    const [one, two] = await Promise.all([api().findRate(key), api().findRate(key)]);
    expect(two.id).toBe(one.id);
    await api().cancel({ search: one.id });
    await eventsOf(one.id);
    const bob = await newCaller(kept);
    await expect(api(bob).get({ search: one.id })).rejects.toMatchObject({ cause: { code: "not-found" } });
  });
});
