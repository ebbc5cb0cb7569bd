import { newId } from "@graft/api";
import { describe, expect, it } from "vitest";
import { NOW, newHash, sampleAccount, sampleToken } from "./sample-rows.ts";
import { newLeaves, type OpenRepository, sharedRepository, walkPages } from "./shared-repository.ts";

export function describeAccounts(open: OpenRepository): void {
  describe("accounts", () => {
    const repository = sharedRepository(open);
    const newGroup = (change = {}) => {
      const id = newId();
      return { id, name: `class ${id}`, createdBy: "teacher", createdAt: NOW, endsAt: NOW + 100, ...change };
    };

    it("gives back what was stored", async () => {
      const { accounts } = repository();
      const account = sampleAccount({ name: "Åsa 🌲 O'Neill", endsAt: NOW + 1 });
      await accounts.create(account);
      expect(await accounts.get(account.id)).toStrictEqual(account);
      expect(await accounts.get("nobody")).toBeUndefined();
    });

    it("refuses a name that is taken in its group, and takes it in another", async () => {
      const { accounts } = repository();
      const [a, b] = [newGroup(), newGroup()];
      const name = newId();
      const conflict = { code: "conflict" };
      await accounts.createGroup(a, [sampleAccount({ name, group: a.id })], []);
      await accounts.createGroup(b, [sampleAccount({ name, group: b.id })], []);
      await accounts.create(sampleAccount({ name }));
      await expect(accounts.create(sampleAccount({ name }))).rejects.toMatchObject(conflict);
      await expect(accounts.create(sampleAccount({ name, group: a.id }))).rejects.toMatchObject(conflict);
    });

    it("refuses text that would come back as something else", async () => {
      const { accounts } = repository();
      for (const name of ["a\0b", "a\ud800b"])
        await expect(accounts.create(sampleAccount({ name }))).rejects.toMatchObject({ code: "bad-input" });
    });

    it("makes a group with its accounts and tokens wholly or not at all", async () => {
      const { accounts, tokens } = repository();
      const group = newGroup();
      const members = [1, 2, 3].map((n) =>
        sampleAccount({ name: `pupil ${n}`, role: "pupil", group: group.id }),
      );
      const theirs = members.map(({ id }) => sampleToken(id, { role: "pupil" }));
      const twice = [...members, sampleAccount({ name: "pupil 1", group: group.id })];
      await expect(accounts.createGroup(group, twice, theirs)).rejects.toMatchObject({ code: "conflict" });
      expect(await accounts.getGroup(group.id)).toBeUndefined();
      expect(await accounts.get(members[0]?.id ?? "")).toBeUndefined();
      await accounts.createGroup(group, members, theirs);
      expect(await accounts.getGroup(group.id)).toStrictEqual(group);
      expect(await accounts.groups()).toContainEqual(group);
      expect(await walkPages((page) => accounts.page({ ...page, group: group.id }), 2)).toStrictEqual(
        members,
      );
      expect(await tokens.get(theirs[1]?.id ?? "")).toStrictEqual(theirs[1]);
    });

    it("ends an account, unless it ends before", async () => {
      const { accounts } = repository();
      const account = sampleAccount();
      await accounts.create(account);
      await accounts.end(account.id, NOW + 5);
      await accounts.end(account.id, NOW + 9);
      expect(await accounts.get(account.id)).toStrictEqual({ ...account, endsAt: NOW + 5 });
      await expect(accounts.end("none", NOW)).rejects.toMatchObject({ code: "not-found" });
    });

    it("ends a group with its accounts and tokens, but for what ends before", async () => {
      const { accounts, tokens } = repository();
      const group = newGroup();
      const ends = [null, NOW + 10, NOW + 90];
      const members = ends.map((endsAt, n) => sampleAccount({ name: `${n}`, group: group.id, endsAt }));
      const theirs = members.map(({ id, endsAt }) => sampleToken(id, { endsAt }));
      await accounts.createGroup(group, members, theirs);
      await accounts.endGroup(group.id, NOW + 50);
      expect((await accounts.getGroup(group.id))?.endsAt).toBe(NOW + 50);
      const now = await Promise.all(
        members.map(async ({ id }, n) => [
          (await accounts.get(id))?.endsAt,
          (await tokens.get(theirs[n]?.id ?? ""))?.endsAt,
        ]),
      );
      expect(now).toStrictEqual([50, 10, 50].map((ms) => [NOW + ms, NOW + ms]));
      await expect(accounts.endGroup("none", NOW)).rejects.toMatchObject({ code: "not-found" });
    });

    it("removes accounts and groups with their tokens, once they have no data sets", async () => {
      const store = repository();
      const { accounts, tokens, datasets } = store;
      const group = newGroup();
      const [owner, other] = [sampleAccount({ group: group.id }), sampleAccount({ group: group.id })];
      const theirs = [sampleToken(owner.id), sampleToken(other.id)];
      await accounts.createGroup(group, [owner, other], theirs);
      const { id } = await newLeaves(store, owner.id);
      const conflict = { code: "conflict" };
      await expect(accounts.remove([other.id, owner.id])).rejects.toMatchObject(conflict);
      await expect(accounts.removeGroup(group.id)).rejects.toMatchObject(conflict);
      expect(await accounts.get(other.id)).toStrictEqual(other);
      await datasets.remove(id);
      await accounts.remove([owner.id, "nobody"]);
      expect(await accounts.get(owner.id)).toBeUndefined();
      expect(await tokens.get(theirs[0]?.id ?? "")).toBeUndefined();
      await accounts.removeGroup(group.id);
      expect(await accounts.getGroup(group.id)).toBeUndefined();
      expect(await tokens.get(theirs[1]?.id ?? "")).toBeUndefined();
    });

    it("lists accounts by name, each once, also while others come", async () => {
      await using store = await open();
      const { accounts } = store.repository;
      const names = ["Ada", "Bo", "Åsa", "ada", "Émile", "a%b", "Zoë"];
      const there = names.map((name) => sampleAccount({ name }));
      for (const account of there) await accounts.create(account);
      const walked = await walkPages(
        (request) => accounts.page(request),
        2,
        async ({ length }) => {
          if (length !== 4) return;
          await accounts.create(sampleAccount({ name: "Aaron" }));
          await accounts.create(sampleAccount({ name: "zz" }));
        },
      );
      const seen = walked.map(({ name }) => name);
      expect(seen).toStrictEqual(["Ada", "Bo", "Zoë", "a%b", "ada", "zz", "Åsa", "Émile"]);
    });

    it("refuses a cursor that is none of the list", async () => {
      const { accounts, tokens } = repository();
      const first = sampleAccount();
      await accounts.create(first);
      await accounts.create(sampleAccount());
      const { next } = await accounts.page({ limit: 1 });
      for (const after of ["", "x", "W10", next])
        await expect(tokens.page({ after, limit: 1 })).rejects.toMatchObject({ code: "bad-input" });
    });
  });

  describe("tokens and what is kept of who did what", () => {
    const repository = sharedRepository(open);

    it("finds a token by its hash, notes its use and ends it once", async () => {
      const { accounts, tokens } = repository();
      const account = sampleAccount();
      await accounts.create(account);
      const scope = { runs: ["a"], perMinute: 3, isTryLink: true };
      const token = sampleToken(account.id, { scope, endsAt: NOW + 2 });
      await tokens.create(token);
      expect(await tokens.get(token.id)).toStrictEqual(token);
      expect(await tokens.byHash(token.hash)).toStrictEqual(token);
      expect(await tokens.byHash(newHash())).toBeUndefined();
      await expect(tokens.create({ ...sampleToken(account.id), hash: token.hash })).rejects.toMatchObject({
        code: "conflict",
      });
      await tokens.used(token.id, { at: NOW + 5, from: "127.0.0.1" });
      // told late: the last use stays the last
      await tokens.used(token.id, { at: NOW + 4, from: "::1" });
      const ended = await Promise.all([1, 2, 3].map(() => tokens.revoke(token.id, NOW + 6)));
      expect(ended.filter(Boolean)).toHaveLength(1);
      expect(await tokens.revoke("none", NOW)).toBe(false);
      const used = { lastUsedAt: NOW + 5, lastFrom: "127.0.0.1", revokedAt: NOW + 6 };
      expect(await tokens.get(token.id)).toStrictEqual({ ...token, ...used });
    });

    it("wants an account for a token", async () => {
      await expect(repository().tokens.create(sampleToken("nobody"))).rejects.toMatchObject({
        code: "not-found",
      });
    });

    it("lists tokens newest first, of one account or of all", async () => {
      await using store = await open();
      const { accounts, tokens } = store.repository;
      const [a, b] = [sampleAccount(), sampleAccount()];
      for (const account of [a, b]) await accounts.create(account);
      const times = [3, 1, 2, 2, 2];
      const ofA = times.map((ms) => sampleToken(a.id, { createdAt: NOW + ms }));
      const ofB = sampleToken(b.id, { createdAt: NOW + 2 });
      for (const token of [...ofA, ofB]) await tokens.create(token);
      const all = await walkPages((request) => tokens.page(request), 2);
      expect(all.map(({ createdAt }) => createdAt - NOW)).toStrictEqual([3, 2, 2, 2, 2, 1]);
      expect(new Set(all.map(({ id }) => id)).size).toBe(6);
      const listed = await walkPages((request) => tokens.page({ ...request, account: a.id }), 2);
      expect(new Set(listed)).toStrictEqual(new Set(ofA));
    });

    it("keeps who did what, newest first, when nobody is known too", async () => {
      await using store = await open();
      const { audit } = store.repository;
      const rows = [1, 2, 3, 4, 5].map((ms) => ({
        ...({ id: newId(), at: NOW + ms, what: "sign-in", by: ms % 2 ? "a" : null, token: null } as const),
        ...{ from: "127.0.0.1", facts: { tries: ms, name: "5", list: [null, "x"] } },
      }));
      for (const row of rows) await audit.add(row);
      const newestFirst = rows.toReversed();
      expect(await walkPages((request) => audit.page(request), 2)).toStrictEqual(newestFirst);
      expect(await walkPages((request) => audit.page({ ...request, by: "a" }), 2)).toStrictEqual(
        newestFirst.filter(({ by }) => by === "a"),
      );
    });
  });
}
