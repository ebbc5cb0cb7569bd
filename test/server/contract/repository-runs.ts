import { describe, expect, it } from "vitest";
import type { OpenRepository } from "./repository.ts";
import { NOW, sampleAccount, sampleDataset, sampleRun } from "./sample-rows.ts";

export function describeRuns(open: OpenRepository): void {
  describe("runs", () => {
    it("numbers runs, stores events once and files in their places", async () => {
      await using store = await open();
      const { accounts, datasets, runs } = store.repository;
      const account = sampleAccount();
      await accounts.create(account);
      const dataset = sampleDataset(account.id);
      await datasets.create(dataset, []);
      const first = await runs.create(sampleRun(dataset.id));
      const second = await runs.create(sampleRun(dataset.id, { createdAt: NOW + 1 }));
      expect([first.number, second.number]).toStrictEqual([1, 2]);
      expect(await runs.get(first.id)).toStrictEqual(first);
      expect((await runs.page({ dataset: dataset.id, limit: 9 })).items).toStrictEqual([second, first]);
      const event = (seq: number) =>
        ({ run: first.id, seq, time: NOW, type: "warning", code: "x", message: `m${seq}` }) as const;
      await runs.appendEvents(first.id, [event(0), event(1)]);
      await runs.appendEvents(first.id, [{ ...event(1), message: "another" }, event(2)]);
      expect(await runs.events(first.id, { after: 0, limit: 5 })).toStrictEqual([event(1), event(2)]);
      expect((await runs.get(first.id))?.lastSeq).toBe(2);
      const file = { run: first.id, path: "model/weights.bin", hash: "a", bytes: 3 };
      expect(await runs.changeFiles(first.id, { put: [file], remove: [] })).toStrictEqual([]);
      const other = { ...file, hash: "b" };
      expect(await runs.changeFiles(first.id, { put: [other], remove: [] })).toStrictEqual(["a"]);
      expect(await runs.files(first.id, "model")).toStrictEqual([other]);
      expect(await runs.files(first.id, "mod")).toStrictEqual([]);
      const decision = {
        id: "d",
        dataset: dataset.id,
        run: first.id,
        kind: "name",
        at: NOW,
        by: "b",
      } as const;
      await runs.decide({ ...decision, value: "12", isUndone: false });
      await runs.undoDecision("d", true);
      expect(await runs.decisions(dataset.id)).toStrictEqual([{ ...decision, value: "12", isUndone: true }]);
    });
  });
}
