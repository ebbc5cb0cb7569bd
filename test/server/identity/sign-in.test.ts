import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newToken } from "../../../packages/api/src/identity/secret.ts";
import { sampleAccount } from "../contract/sample-rows.ts";
import { openIdentity, openTestIdentity, type Person, type TestIdentity } from "./open-identity.ts";

const FROM = { from: "192.0.2.9" };
let test: TestIdentity;
beforeAll(async () => {
  test = await openTestIdentity("pglite");
});
afterAll(() => test[Symbol.asyncDispose]());

/** A token of the right form that nobody has. */
async function strangersToken(): Promise<string> {
  return (await newToken()).text;
}
const comesIn = (secret: string): Promise<boolean> =>
  test.services.identity.byToken(secret, FROM).then(
    () => true,
    () => false,
  );
async function errorOf(
  secret: string,
  from = FROM,
): Promise<{ code: string; message: string; facts: unknown }> {
  const { code, message, facts } = await test.services.identity.byToken(secret, from).then(
    () => expect.unreachable("it came in"),
    (error) => error,
  );
  return { code, message, facts };
}

describe("a token", () => {
  it("says whose it is", async () => {
    const { account, id, secret } = await test.person({ name: "Ada" });
    const { token, ...identity } = await test.services.identity.byToken(secret, FROM);
    expect(identity).toEqual({ account });
    expect(token).toEqual({ id, name: "laptop", role: "member", scope: {}, endsAt: null });
  });

  it("that nobody has is told as one that was revoked; one that ended and one that is mistyped are told so", async () => {
    const { secret, id, caller } = await test.person();
    await test.services.tokens.revoke(caller, id);
    const revoked = await errorOf(secret);
    expect(revoked).toEqual(await errorOf(await strangersToken()));
    expect(revoked).toMatchObject({ code: "unauthorized", facts: { reason: "unknown" } });
    const mistyped = await errorOf(secret.replace(/.$/, (digit) => (digit === "0" ? "2" : "0")));
    expect(mistyped).toMatchObject({ code: "unauthorized", facts: { reason: "mistyped" } });
    const ending = await test.tokenOf(caller.identity.account, { endsAt: test.clock.now + 1 });
    test.clock.now++;
    expect(await errorOf(ending.secret)).toMatchObject({ code: "unauthorized", facts: { reason: "ended" } });
  });

  it.each([
    { of: "the token", make: (endsAt: number) => endingToken(endsAt) },
    { of: "its account", make: (endsAt: number) => test.person({ endsAt }) },
    { of: "its group", make: (endsAt: number) => pupilOf(endsAt) },
  ])("lets in to the last millisecond before the end of $of, and no longer", async ({ make }) => {
    const endsAt = test.clock.now + 5_000;
    const { secret, caller } = await make(endsAt);
    expect(caller.identity.token.endsAt).toBe(endsAt);
    test.clock.now = endsAt - 1;
    expect(await comesIn(secret)).toBe(true);
    expect(await test.services.identity.isStillValid(caller.identity)).toBe(true);
    test.clock.now = endsAt;
    expect(await comesIn(secret)).toBe(false);
    expect(await test.services.identity.isStillValid(caller.identity)).toBe(false);
  });

  it("that is revoked lets nobody in at once here, and on another server of the store after a second", async () => {
    const other = openIdentity(test.repository, test.clock);
    const { secret, id, caller } = await test.person();
    expect(await other.identity.byToken(secret, FROM)).toMatchObject({ token: { id } });
    expect(await other.identity.isStillValid(caller.identity)).toBe(true);
    await test.services.tokens.revoke(caller, id);
    expect(await comesIn(secret)).toBe(false);
    expect(await test.services.identity.isStillValid(caller.identity)).toBe(false);
    test.clock.now += 1_000;
    await expect(other.identity.byToken(secret, FROM)).rejects.toMatchObject({ code: "unauthorized" });
    expect(await other.identity.isStillValid(caller.identity)).toBe(false);
  });

  it("that is revoked while it is being read is read again", async () => {
    const { repository } = test;
    const waiting: (() => void)[] = [];
    const slow = openIdentity(
      {
        ...repository,
        tokens: {
          ...repository.tokens,
          async byHash(hash) {
            const row = await repository.tokens.byHash(hash);
            await new Promise<void>((resolve) => waiting.push(resolve));
            return row;
          },
        },
      },
      test.clock,
    );
    const { secret, id, caller } = await test.person();
    const begun = slow.identity.byToken(secret, FROM);
    await expect.poll(() => waiting.length).toBe(1);
    await slow.tokens.revoke(caller, id);
    waiting[0]?.();
    await begun;
    const next = slow.identity.byToken(secret, FROM).catch((error) => error.code);
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.();
    expect(await next).toBe("unauthorized");
  });

  it("keeps when and from where it was used, once a minute", async () => {
    const { secret, id } = await test.person();
    const start = test.clock.now;
    const used = async (afterMs: number, from: string) => {
      test.clock.now = start + afterMs;
      await test.services.identity.byToken(secret, { from });
      const row = await test.repository.tokens.get(id);
      return { at: (row?.lastUsedAt ?? 0) - start, from: row?.lastFrom };
    };
    expect(await used(0, "192.0.2.7")).toEqual({ at: 0, from: "192.0.2.1" });
    expect(await used(59_999, "192.0.2.7")).toEqual({ at: 0, from: "192.0.2.1" });
    expect(await used(60_000, "192.0.2.8")).toEqual({ at: 60_000, from: "192.0.2.8" });
    expect(await used(90_000, "192.0.2.9")).toEqual({ at: 60_000, from: "192.0.2.8" });
  });

  it("lets in also where its use cannot be written down", async () => {
    const { repository } = test;
    const used = () => Promise.reject(new Error("the disk is full"));
    const full = openIdentity({ ...repository, tokens: { ...repository.tokens, used } }, test.clock);
    const { secret, id } = await test.person();
    test.clock.now += 60_000;
    expect(await full.identity.byToken(secret, FROM)).toMatchObject({ token: { id } });
  });
});

describe("refused sign-ins", () => {
  it("are told to wait after thirty of one address, not so those who came in before, nor other addresses", async () => {
    const { secret } = await test.person();
    const newcomer = await test.person();
    const from = { from: "198.51.100.1" };
    const fresh = openIdentity(test.repository, test.clock);
    await fresh.identity.byToken(secret, from);
    for (let guess = 0; guess < 30; guess++)
      await expect(fresh.identity.byToken(await strangersToken(), from)).rejects.toMatchObject({
        code: "unauthorized",
      });
    const late = fresh.identity.byToken(newcomer.secret, from);
    await expect(late).rejects.toMatchObject({ code: "busy", facts: { retryAfterMs: 6_000 } });
    expect(await fresh.identity.byToken(secret, from)).toBeDefined();
    expect(await fresh.identity.byToken(newcomer.secret, { from: "198.51.100.2" })).toBeDefined();
    test.clock.now += 6_000;
    expect(await fresh.identity.byToken(newcomer.secret, from)).toBeDefined();
  });

  it("are not counted where a token was mistyped", async () => {
    const { secret } = await test.person();
    const fresh = openIdentity(test.repository, test.clock);
    for (let time = 0; time < 100; time++)
      await fresh.identity.byToken(secret.slice(0, -1), FROM).catch(() => undefined);
    expect(await fresh.identity.byToken(secret, FROM)).toBeDefined();
  });

  it("are kept, some of them, with whose token it was and never the token", async () => {
    const fresh = openIdentity(test.repository, test.clock);
    const from = { from: "203.0.113.5" };
    const { secret, id, caller } = await test.person();
    await test.services.tokens.revoke(caller, id);
    for (let time = 0; time < 25; time++) await fresh.identity.byToken(secret, from).catch(() => undefined);
    const { items } = await test.repository.audit.page({ limit: 500 });
    const kept = items.filter((row) => row.what === "sign-in-refused" && row.from === from.from);
    expect(kept.length).toBe(10);
    expect(kept[0]).toMatchObject({
      by: caller.identity.account.id,
      token: id,
      facts: { reason: "revoked" },
    });
    expect(JSON.stringify(items)).not.toContain(secret.slice(6, 20));
  });
});

describe("the host", () => {
  it("makes the first admin of a store, and no second", async () => {
    await using empty = await openTestIdentity("pglite");
    const secret = await empty.services.identity.ensureAdmin();
    const { account, token } = await empty.services.identity.signIn(secret ?? "", FROM);
    expect({ name: account.name, role: account.role, as: token.role }).toEqual({
      ...{ name: "admin", role: "admin", as: "admin" },
    });
    expect(await empty.services.identity.ensureAdmin()).toBeUndefined();
    const kept = await empty.repository.audit.page({ limit: 10 });
    expect(kept.items.map(({ what }) => what).sort()).toEqual(["sign-in", "token-made"]);
    expect(kept.items.every(({ by }) => by === account.id)).toBe(true);

    // nobody can come in any more: the host lets its owner in again, under the same account
    const caller = { identity: { account, token }, from: null, request: "r" };
    await empty.services.tokens.revoke(caller, token.id);
    const again = await empty.services.identity.ensureAdmin();
    expect(await empty.services.identity.byToken(again ?? "", FROM)).toMatchObject({
      account: { id: account.id },
    });
    const made = await empty.services.identity.hostToken("shown at start", empty.clock.now + 1);
    expect(await empty.services.identity.byToken(made, FROM)).toMatchObject({ account: { id: account.id } });
    empty.clock.now++;
    await expect(empty.services.identity.byToken(made, FROM)).rejects.toMatchObject({
      facts: { reason: "ended" },
    });
  });

  it("makes an admin of another name where a member is called so, and of an admin who has ended none", async () => {
    await using empty = await openTestIdentity("pglite");
    await empty.repository.accounts.create(sampleAccount({ name: "admin" }));
    const gone = sampleAccount({ name: "Gone", role: "admin", endsAt: empty.clock.now });
    await empty.repository.accounts.create(gone);
    const servers = [empty.services, openIdentity(empty.repository, empty.clock)];
    const secrets = await Promise.all(servers.map(({ identity }) => identity.ensureAdmin()));
    const made = secrets.filter((secret) => secret !== undefined);
    const names = await Promise.all(
      made.map(async (secret) => (await empty.services.identity.byToken(secret, FROM)).account.name),
    );
    expect(made.length).toBeGreaterThan(0);
    expect(names).toContain("admin 2");
  });
});

async function endingToken(endsAt: number): Promise<Person> {
  const { account } = await test.person();
  return test.tokenOf(account, { endsAt });
}

async function pupilOf(endsAt: number): Promise<Person> {
  const { clock, repository } = test;
  const group = { id: `g${endsAt}`, name: "7b", createdBy: "a", createdAt: clock.now, endsAt };
  const pupil = sampleAccount({ role: "pupil", group: group.id });
  await repository.accounts.createGroup(group, [pupil], []);
  return test.tokenOf(pupil);
}
