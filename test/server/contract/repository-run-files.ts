import { type DecisionRow, newId } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleRun } from "./sample-rows.ts";
import { newLeaves, type OpenRepository, sharedRepository } from "./shared-repository.ts";

export function describeRunFiles(open: OpenRepository): void {
  describe("what belongs to a run", () => {
    const repository = sharedRepository(open);
    const newRun = async () => {
      const { id } = await newLeaves(repository());
      return repository().runs.create(sampleRun(id));
    };

    it("puts files in their places, and says which blobs they named before", async () => {
      const { runs } = repository();
      const { id: run } = await newRun();
      const file = (path: string, hash = newHash()) => ({ run, path, hash, bytes: 3_000_000_000 });
      const [record, weights, other] = [file("run.json"), file("model/weights.bin"), file("model2/a")];
      expect(await runs.changeFiles(run, { put: [weights, record, other], remove: [] })).toStrictEqual([]);
      expect(await runs.files(run)).toStrictEqual([weights, other, record]);
      expect(await runs.files(run, "model")).toStrictEqual([weights]);
      expect(await runs.files(run, "mod")).toStrictEqual([]);
      expect(await runs.file(run, "run.json")).toStrictEqual(record);
      expect(await runs.file(run, "none")).toBeUndefined();
      const replaced = file("run.json");
      const change = { put: [replaced, weights], remove: ["model2/a", "none"] };
      const before = await runs.changeFiles(run, change);
      expect(before.toSorted()).toStrictEqual([record.hash, other.hash].toSorted());
      expect(await runs.files(run)).toStrictEqual([weights, replaced]);
      // one that moves is still named
      const moved = { ...replaced, path: "old.json" };
      expect(await runs.changeFiles(run, { put: [moved], remove: ["run.json"] })).toStrictEqual([]);
      await expect(runs.changeFiles("none", { put: [], remove: [] })).rejects.toMatchObject({
        code: "not-found",
      });
    });

    it("keeps what was decided, newest first, and what was undone of it", async () => {
      const { runs } = repository();
      const run = await newRun();
      const values = ["12", 0.75, null, "null", '{"a":1}'];
      const rows = values.map(
        (value, n): DecisionRow => ({
          ...{ id: newId(), dataset: run.dataset, run: run.id, kind: "note", value, at: NOW + n },
          ...{ by: "x", isUndone: false },
        }),
      );
      for (const row of rows) await runs.decide(row);
      expect(await runs.decisions(run.dataset)).toStrictEqual(rows.toReversed());
      await runs.undoDecision(rows[4]?.id ?? "", true);
      expect((await runs.decisions(run.dataset))[0]).toStrictEqual({ ...rows[4], isUndone: true });
      await runs.undoDecision(rows[4]?.id ?? "", false);
      await runs.undoDecision("none", true);
      expect(await runs.decisions(run.dataset)).toStrictEqual(rows.toReversed());
    });

    it("removes a run with its events, files and decisions", async () => {
      const { runs } = repository();
      const run = await newRun();
      const event = { run: run.id, seq: 0, time: NOW, type: "note", code: "a", message: "b" } as const;
      await runs.appendEvents(run.id, [event]);
      const file = { run: run.id, path: "a", hash: newHash(), bytes: 1 };
      await runs.changeFiles(run.id, { put: [file], remove: [] });
      const decision = { id: newId(), dataset: run.dataset, run: run.id, kind: "in-use" } as const;
      await runs.decide({ ...decision, value: null, at: NOW, by: "x", isUndone: false });
      await runs.remove(run.id);
      await runs.remove("none");
      expect(await runs.get(run.id)).toBeUndefined();
      expect(await runs.events(run.id, { after: -1, limit: 1 })).toStrictEqual([]);
      expect(await runs.files(run.id)).toStrictEqual([]);
      expect(await runs.decisions(run.dataset)).toStrictEqual([]);
      await expect(runs.appendEvents(run.id, [event])).rejects.toMatchObject({ code: "not-found" });
    });
  });
}
