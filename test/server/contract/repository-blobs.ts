import { describe, expect, it } from "vitest";
import type { OpenRepository } from "./repository.ts";
import { NOW } from "./sample-rows.ts";

export function describeBlobs(open: OpenRepository): void {
  describe("leases and blobs", () => {
    it("gives a lease to one holder until it runs out", async () => {
      await using store = await open();
      const { leases } = store.repository;
      expect(await leases.acquire("run", { holder: "a", now: NOW, until: NOW + 10 })).toBe("a");
      expect(await leases.acquire("run", { holder: "b", now: NOW + 9, until: NOW + 20 })).toBe("a");
      expect(await leases.acquire("run", { holder: "b", now: NOW + 10, until: NOW + 20 })).toBe("b");
      expect(await leases.holder("run", NOW + 19)).toBe("b");
      await leases.release("run", "a");
      expect(await leases.holder("run", NOW + 19)).toBe("b");
      expect(await leases.holder("run", NOW + 20)).toBeUndefined();
    });

    it("deletes no blob that somebody holds, and holds none that is being deleted", async () => {
      await using store = await open();
      const { blobs } = store.repository;
      expect(await blobs.hold("h", { id: "one", until: NOW + 10 })).toBe(true);
      expect(await blobs.beginDeletion("h", { now: NOW, staleBefore: 0 })).toBe(false);
      expect(await blobs.beginDeletion("h", { now: NOW + 10, staleBefore: 0 })).toBe(true);
      expect(await blobs.beginDeletion("h", { now: NOW + 11, staleBefore: NOW + 10 })).toBe(false);
      expect(await blobs.hold("h", { id: "two", until: NOW + 20 })).toBe(false);
      expect(await blobs.deletions()).toStrictEqual([{ hash: "h", begunAt: NOW + 10 }]);
      expect(await blobs.beginDeletion("h", { now: NOW + 30, staleBefore: NOW + 11 })).toBe(true);
      await blobs.endDeletion("h");
      expect(await blobs.hold("h", { id: "two", until: NOW + 20 })).toBe(true);
    });
  });
}
