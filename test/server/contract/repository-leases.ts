import { newId } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW } from "./sample-rows.ts";
import { type OpenRepository, sharedRepository } from "./shared-repository.ts";

export function describeLeases(open: OpenRepository): void {
  describe("leases and workers", () => {
    const repository = sharedRepository(open);

    it("gives a lease to one holder until it runs out or is let go", async () => {
      const { leases } = repository();
      const name = newId();
      const ask = (holder: string, now: number, until: number) =>
        leases.acquire(name, { holder, now: NOW + now, until: NOW + until });
      expect(await leases.holder(name, NOW)).toBeUndefined();
      expect(await ask("a", 0, 10)).toBe("a");
      expect(await ask("b", 9, 20)).toBe("a");
      expect(await ask("a", 9, 12)).toBe("a");
      expect(await ask("b", 11, 20)).toBe("a");
      expect(await ask("b", 12, 20)).toBe("b");
      await leases.release(name, "a");
      expect(await leases.holder(name, NOW + 19)).toBe("b");
      expect(await leases.holder(name, NOW + 20)).toBeUndefined();
      await leases.release(name, "b");
      expect(await ask("c", 13, 20)).toBe("c");
    });

    it("gives one of many that ask at once the lease, new or run out", async () => {
      const { leases } = repository();
      const name = newId();
      for (const round of [0, 10, 20]) {
        const holders = Array.from({ length: 10 }, (_, n) => `${round}-${n}`);
        const lease = { now: NOW + round, until: NOW + round + 10 };
        const told = await Promise.all(holders.map((holder) => leases.acquire(name, { holder, ...lease })));
        expect(new Set(told).size).toBe(1);
        expect(await leases.holder(name, NOW + round)).toBe(told[0]);
        expect(holders).toContain(told[0]);
      }
    });

    it("knows the workers, and when each was heard last", async () => {
      await using store = await open();
      const { workers } = store.repository;
      const [late, early] = [1, 0].map((ms) => ({
        ...({
          id: newId(),
          name: `w${ms}`,
          version: "0.1.0",
          kind: "remote",
          backends: ["onnx:cpu"],
          names: ["onnx:cpu", "cpu"],
          owner: ms === 0 ? null : "anna",
          state: ms === 0 ? "ready" : "starting",
          groups: ["onnx:cpu@here/1f"],
          threads: 2,
        } as const),
        ...{ startedAt: NOW + ms, heardAt: NOW + ms, job: null },
      }));
      if (!late || !early) throw new Error("There are two.");
      for (const worker of [late, early]) await workers.put(worker);
      expect(await workers.list()).toStrictEqual([early, late]);
      expect(await workers.heard(late.id, { at: NOW + 5, job: "j" })).toBe(true);
      expect(await workers.heard("none", { at: NOW, job: null })).toBe(false);
      expect(await workers.list()).toStrictEqual([early, { ...late, heardAt: NOW + 5, job: "j" }]);
      await workers.put({ ...late, backends: [] });
      await workers.remove(early.id);
      expect(await workers.list()).toStrictEqual([{ ...late, backends: [] }]);
    });
  });
}
