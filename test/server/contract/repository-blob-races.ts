import { newId } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleImage } from "./sample-rows.ts";
import { newLeaves, type OpenRepository, sharedRepository } from "./shared-repository.ts";

const ROUNDS = 30;

export function describeBlobRaces(open: OpenRepository): void {
  describe("a blob that is deleted while somebody takes it up", () => {
    const repository = sharedRepository(open);
    const isHeld = async (hash: string, id: string): Promise<boolean> =>
      !(await repository().blobs.hold([hash], { id, until: NOW + 10 })).has(hash);
    const isMarked = async (hash: string): Promise<boolean> =>
      (await repository().blobs.beginDeletion([hash], { now: NOW, staleBefore: 0 })).has(hash);

    it("is held or deleted, never both", async () => {
      const { blobs } = repository();
      for (let round = 0; round < ROUNDS; round++) {
        const hash = newHash();
        const hold = (id: string) => isHeld(hash, id);
        const [first, isDeleted, second] = await Promise.all([hold(newId()), isMarked(hash), hold(newId())]);
        // who was first of the two holders does not matter: one hold keeps it
        if (isDeleted) expect([first, second]).toStrictEqual([false, false]);
        else expect([first, second]).toContain(true);
        if (isDeleted) await blobs.endDeletion([hash]);
      }
    });

    it("is named or deleted, never both", async () => {
      const { blobs, images } = repository();
      const { id } = await newLeaves(repository());
      for (let round = 0; round < ROUNDS; round++) {
        const rows = Array.from({ length: 20 }, () => sampleImage(id));
        const hash = rows[round % 20]?.hash ?? "";
        const adding = images.add(id, { classes: [], images: rows, parts: new Map(), at: NOW }).then(
          () => true,
          () => false,
        );
        const deleting = isMarked(hash);
        const [isNamed, isDeleted] = await Promise.all([adding, deleting]);
        expect(isNamed).toBe(!isDeleted);
        expect((await blobs.named([hash])).has(hash)).toBe(isNamed);
        if (isDeleted) await blobs.endDeletion([hash]);
      }
    });

    it("is kept where it is taken from a row that goes: held, named anew, let go", async () => {
      const { blobs, images } = repository();
      const { id } = await newLeaves(repository());
      for (let round = 0; round < ROUNDS; round++) {
        const old = sampleImage(id);
        const copy = sampleImage(id, { hash: old.hash });
        await images.add(id, { classes: [], images: [old], parts: new Map(), at: NOW });
        const take = async (): Promise<boolean> => {
          const hold = newId();
          if (!(await isHeld(old.hash, hold))) return false;
          await images.add(id, { classes: [], images: [copy], parts: new Map(), at: NOW });
          await blobs.releaseHold(hold);
          return true;
        };
        const remove = async (): Promise<boolean> => {
          await images.remove(id, [old.id], NOW);
          return isMarked(old.hash);
        };
        const [isTaken, isDeleted] = await Promise.all([take(), remove()]);
        expect(isDeleted).toBe(!isTaken);
        if (isDeleted) await blobs.endDeletion([old.hash]);
      }
    });
  });
}
