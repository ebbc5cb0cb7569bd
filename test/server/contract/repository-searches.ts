import type { SearchChange } from "@graft/api";
import type { SweepAxes } from "@graft/core";
import { describe, expect, it } from "vitest";
import { NOW, SAMPLE_SWEEP, sampleSearch } from "./sample-rows.ts";
import { newLeaves, type OpenRepository, sharedRepository, walkPages } from "./shared-repository.ts";

export function describeSearches(open: OpenRepository): void {
  describe("searches", () => {
    const repository = sharedRepository(open);

    it("gives back what was stored and changed, numbers to the last bit, and changes from the given states alone", async () => {
      const { searches } = repository();
      const { id } = await newLeaves(repository());
      const axes: SweepAxes = {
        ...{ recipes: ["gap", "classic"], sizes: [75], cuts: ["mixed0"], learningRates: [1e-9, 0.1 + 0.2] },
        seeds: [1, 2],
      };
      const before = sampleSearch(id, {
        kind: "sweep",
        axes,
        config: { weights: "bundled", earlyStop: null },
      });
      await searches.create(before);
      expect(await searches.get(before.id)).toStrictEqual(before);
      await expect(searches.create(before)).rejects.toMatchObject({ code: "conflict" });
      await expect(searches.create(sampleSearch("none"))).rejects.toMatchObject({ code: "not-found" });
      const change: SearchChange = {
        ...{ state: "running", startedAt: NOW + 1, worker: "w" },
        progress: { phase: "features", done: 1, total: 5 },
      };
      expect(await searches.update(before.id, change, ["running"])).toBe(false);
      expect(await searches.update(before.id, change, ["queued"])).toBe(true);
      expect(await searches.get(before.id)).toStrictEqual({ ...before, ...change });
      const end: SearchChange = {
        state: "completed",
        result: SAMPLE_SWEEP,
        progress: null,
        endedAt: NOW + 2,
      };
      expect(await searches.update(before.id, end)).toBe(true);
      expect(await searches.get(before.id)).toStrictEqual({ ...before, ...change, ...end });
      expect(await searches.update("none", end)).toBe(false);
    });

    it("lists them newest first, of a data set, an owner or in some states, and removes them alone and with their data set", async () => {
      const { searches, datasets, blobs } = repository();
      const { id } = await newLeaves(repository());
      const other = await newLeaves(repository());
      const made = [3, 1, 2].map((at) =>
        sampleSearch(id, { createdAt: NOW + at, owner: id, ...(at === 2 ? { state: "failed" } : {}) }),
      );
      for (const search of made) await searches.create(search);
      await searches.create(sampleSearch(other.id));
      const times = async (request: { readonly owner?: string; readonly states?: readonly ["failed"] }) =>
        (await walkPages((page) => searches.page({ ...request, ...page, dataset: id }), 2)).map(
          ({ createdAt }) => createdAt - NOW,
        );
      expect(await times({})).toEqual([3, 2, 1]);
      expect(await times({ owner: id, states: ["failed"] })).toEqual([2]);
      expect(await times({ owner: "somebody" })).toEqual([]);
      const [first, second] = made;
      await searches.remove(first?.id ?? "");
      expect(await times({})).toEqual([2, 1]);
      // what a search froze is needed as long as it is there
      const hash = second?.frozen ?? "";
      expect(await blobs.named([hash])).toEqual(new Set([hash]));
      await datasets.remove(id);
      expect(await searches.get(second?.id ?? "")).toBeUndefined();
      expect(await blobs.named([hash])).toEqual(new Set());
    });
  });
}
