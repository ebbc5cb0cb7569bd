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
      expect(await blobs.beginDeletion("h", NOW)).toBe(false);
      expect(await blobs.beginDeletion("h", NOW + 10)).toBe(true);
      expect(await blobs.hold("h", { id: "two", until: NOW + 20 })).toBe(false);
      expect(await blobs.deletions()).toStrictEqual(["h"]);
      await blobs.endDeletion("h");
      expect(await blobs.hold("h", { id: "two", until: NOW + 20 })).toBe(true);
    });
  });
}
