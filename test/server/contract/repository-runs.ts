import { newId, type RunRow } from "@graft/api";
import type { TrainEvent } from "@graft/core";
import { describe, expect, it } from "vitest";
import { NOW, sampleRun } from "./sample-rows.ts";
import {
  newLeaves,
  type OpenRepository,
  outcomes,
  sharedRepository,
  walkPages,
} from "./shared-repository.ts";

export function describeRuns(open: OpenRepository): void {
  describe("runs", () => {
    const repository = sharedRepository(open);
    const newRun = async () => {
      const { id } = await newLeaves(repository());
      return repository().runs.create(sampleRun(id));
    };
    const numbers = (runs: readonly RunRow[]) => runs.map((run) => run.number);

    it("numbers the runs of a data set, also those made at once, and gives no number twice", async () => {
      const { runs } = repository();
      const { id } = await newLeaves(repository());
      const made = await Promise.all(Array.from({ length: 10 }, () => runs.create(sampleRun(id))));
      expect(numbers(made).toSorted((a, b) => a - b)).toStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      const last = made.find((run) => run.number === 10);
      await runs.remove(last?.id ?? "");
      expect((await runs.create(sampleRun(id))).number).toBe(11);
      const again = { ...sampleRun(id), id: made[0]?.id ?? "" };
      await expect(runs.create(again)).rejects.toMatchObject({ code: "conflict" });
      await expect(runs.create(sampleRun("none"))).rejects.toMatchObject({ code: "not-found" });
    });

    it("gives back what was stored and changed, and changes from the given states alone", async () => {
      const { runs } = repository();
      const { id } = await newLeaves(repository());
      const before = sampleRun(id, { name: "«1»", rerunOf: "x", frozenEdit: 4 });
      const run = await runs.create(before);
      expect(run).toStrictEqual({ ...before, number: 1 });
      expect(await runs.get(run.id)).toStrictEqual(run);
      expect(await runs.get("none")).toBeUndefined();
      const claims = [1, 2, 3, 4].map((n) =>
        runs.update(run.id, { state: "running", worker: `${n}` }, ["queued"]),
      );
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
      const metrics = { loss: 0.1 + 0.2, accuracy: 1 / 3, valLoss: 5e-324, valAccuracy: 1 - 2 ** -53 };
      const error = { name: "Error", code: "internal", message: "\ud800", facts: {}, stack: "at" } as const;
      const change = {
        state: "failed",
        startedAt: NOW,
        endedAt: NOW + 1,
        metrics,
        error,
        worker: null,
      } as const;
      expect(await runs.update(run.id, { ...change, backend: "onnx:cpu", hasModel: true })).toBe(true);
      expect(await runs.get(run.id)).toStrictEqual({
        ...run,
        ...change,
        backend: "onnx:cpu",
        hasModel: true,
      });
      expect(await runs.update(run.id, {}, ["queued"])).toBe(false);
      expect(await runs.update("none", { name: "x" })).toBe(false);
    });

    it("lists runs newest first, of a data set, of an owner, in some states", async () => {
      const { runs } = repository();
      const [a, b] = [await newLeaves(repository()), await newLeaves(repository())];
      const owner = newId();
      const states = ["queued", "running", "completed", "failed", "queued"] as const;
      const made: RunRow[] = [];
      for (const [n, state] of states.entries())
        made.push(await runs.create(sampleRun(a.id, { state, createdAt: NOW + Math.floor(n / 2), owner })));
      const other = await runs.create(sampleRun(b.id, { createdAt: NOW + 9, owner }));
      const list = (filter: Omit<Parameters<typeof runs.page>[0], "limit">) =>
        walkPages((request) => runs.page({ ...request, ...filter }), 2);
      const listed = await list({ dataset: a.id });
      expect(new Set(listed)).toStrictEqual(new Set(made));
      expect(listed.map(({ createdAt }) => createdAt - NOW)).toStrictEqual([2, 1, 1, 0, 0]);
      expect((await list({ owner })).map(({ id }) => id)).toStrictEqual([
        other.id,
        ...listed.map(({ id }) => id),
      ]);
      expect(
        numbers(await list({ dataset: a.id, states: ["completed", "running"] })).toSorted(),
      ).toStrictEqual([2, 3]);
      expect(numbers(await list({ dataset: a.id, states: ["queued"] })).toSorted()).toStrictEqual([1, 5]);
      expect(await list({ dataset: a.id, states: [] })).toStrictEqual([]);
      expect(await list({ owner: newId() })).toStrictEqual([]);
      expect((await runs.page({ limit: 1 })).items).toHaveLength(1);
    });

    const note = (run: string, seq: number, message = `event ${seq}`): TrainEvent => ({
      ...{ run, seq, time: NOW + seq, type: "note", code: "weights", message },
    });

    it("stores an event once, whoever sends it again, and gives them by number", async () => {
      const { runs } = repository();
      const { id } = await newRun();
      const all = Array.from({ length: 1200 }, (_, seq) => note(id, seq));
      await runs.appendEvents(id, []);
      expect((await runs.get(id))?.lastSeq).toBe(-1);
      // parts that overlap, at once, as from a worker that was taken for gone and the one after it
      const parts = Array.from({ length: 8 }, (_, n) => all.slice(n * 140, n * 140 + 220));
      expect(await outcomes(parts.map((part) => runs.appendEvents(id, part)))).toStrictEqual({ ok: 8 });
      await runs.appendEvents(id, [note(id, 3, "another")]);
      expect(await runs.events(id, { after: -1, limit: 5000 })).toStrictEqual(all);
      expect(await runs.events(id, { after: 1, limit: 3 })).toStrictEqual(all.slice(2, 5));
      expect(await runs.events(id, { after: 1199, limit: 3 })).toStrictEqual([]);
      expect((await runs.get(id))?.lastSeq).toBe(1199);
      await runs.appendEvents(id, [note(id, 4)]);
      expect((await runs.get(id))?.lastSeq).toBe(1199);
      await expect(runs.appendEvents("none", [note("none", 0)])).rejects.toMatchObject({ code: "not-found" });
    });

    it("gives an event back to the last bit and character", async () => {
      const { runs } = repository();
      const { id } = await newRun();
      const events: readonly TrainEvent[] = [
        {
          ...{ run: id, seq: 0, time: NOW, type: "step-end", epoch: 1, epochs: 2, step: 3 },
          steps: 4,
          loss: 0.1 + 0.2,
        },
        {
          ...{ run: id, seq: 1, time: NOW, type: "step-end", epoch: 1, epochs: 2, step: 3 },
          steps: 4,
          loss: 5e-324,
        },
        note(id, 2, "zero \0, half \ud83c, whole 🌲, quote ' and \", \\ and \\u0000"),
      ];
      await runs.appendEvents(id, events);
      expect(await runs.events(id, { after: -1, limit: 9 })).toStrictEqual(events);
    });
  });
}
