import { describe, expect, it } from "vitest";
import type { OpenRepository } from "./repository.ts";
import { NOW, sampleAccount, sampleToken } from "./sample-rows.ts";

export function describeAccounts(open: OpenRepository): void {
  describe("accounts and tokens", () => {
    it("gives back what was stored", async () => {
      await using store = await open();
      const { accounts, tokens } = store.repository;
      const account = sampleAccount({ name: "Åsa 🌲", endsAt: NOW + 1 });
      const token = sampleToken(account.id, { scope: { runs: ["a"], perMinute: 3 }, endsAt: NOW + 2 });
      await accounts.create(account);
      await tokens.create(token);
      expect(await accounts.get(account.id)).toStrictEqual(account);
      expect(await tokens.get(token.id)).toStrictEqual(token);
      expect(await tokens.byHash(token.hash)).toStrictEqual(token);
      expect(await accounts.get("nobody")).toBeUndefined();
      await tokens.used(token.id, { at: NOW + 5, from: "127.0.0.1" });
      expect(await tokens.revoke(token.id, NOW + 6)).toBe(true);
      expect(await tokens.revoke(token.id, NOW + 7)).toBe(false);
      expect(await tokens.revoke("none", NOW + 7)).toBe(false);
      const used = { ...token, lastUsedAt: NOW + 5, lastFrom: "127.0.0.1", revokedAt: NOW + 6 };
      expect(await tokens.get(token.id)).toStrictEqual(used);
    });

    it("ends an account, and an earlier end stays", async () => {
      await using store = await open();
      const { accounts } = store.repository;
      const account = sampleAccount();
      await accounts.create(account);
      for (const { at, end } of [
        { at: NOW + 5, end: NOW + 5 },
        { at: NOW + 9, end: NOW + 5 },
        { at: NOW + 1, end: NOW + 1 },
      ]) {
        await accounts.end(account.id, at);
        expect(await accounts.get(account.id)).toStrictEqual({ ...account, endsAt: end });
      }
      await expect(accounts.end("nobody", NOW)).rejects.toMatchObject({ code: "not-found" });
    });

    it("refuses a name that is taken in its group, and not one of another group", async () => {
      await using store = await open();
      const { accounts } = store.repository;
      const group = { id: "g", name: "5b", createdBy: "a", createdAt: NOW, endsAt: NOW + 100 };
      await accounts.create(sampleAccount({ name: "Ada" }));
      await expect(accounts.create(sampleAccount({ name: "Ada" }))).rejects.toMatchObject({
        code: "conflict",
      });
      const pupil = sampleAccount({ name: "Ada", role: "pupil", group: "g" });
      const token = sampleToken(pupil.id, { role: "pupil" });
      await accounts.createGroup(group, [pupil], [token]);
      await expect(accounts.create(sampleAccount({ name: "Ada", group: "g" }))).rejects.toMatchObject({
        code: "conflict",
      });
      expect(await accounts.getGroup("g")).toStrictEqual(group);
      await accounts.endGroup("g", NOW + 50);
      expect(await accounts.groups()).toStrictEqual([{ ...group, endsAt: NOW + 50 }]);
      expect((await accounts.get(pupil.id))?.endsAt).toBe(NOW + 50);
      expect((await store.repository.tokens.get(token.id))?.endsAt).toBe(NOW + 50);
      await accounts.removeGroup("g");
      expect(await accounts.groups()).toStrictEqual([]);
      expect(await store.repository.tokens.get(token.id)).toBeUndefined();
    });
  });
}
