import { ROLES } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleClass, sampleDataset, sampleRun } from "../contract/sample-rows.ts";
import { openTestIdentity, type Person, type TestIdentity } from "./open-identity.ts";

let test: TestIdentity;
let admin: Person;
let member: Person;
let pupil: Person;
beforeAll(async () => {
  test = await openTestIdentity("pglite");
  admin = await test.person({ role: "admin" });
  member = await test.person({ role: "member" });
  pupil = await test.person({ role: "pupil" });
});
afterAll(() => test[Symbol.asyncDispose]());

async function dataOf({ account }: Person) {
  const dataset = sampleDataset(account.id);
  const one = sampleClass(dataset.id);
  await test.repository.datasets.create(dataset, [one]);
  const run = await test.repository.runs.create(sampleRun(dataset.id, { owner: account.id }));
  return { dataset: dataset.id, class: one.id, run: run.id };
}

/** What a token of each role has to name. */
async function scopeFor(role: string, owner: Person) {
  const { dataset, class: one, run } = await dataOf(owner);
  return role === "contributor" ? { dataset, class: one } : role === "predict" ? { runs: [run] } : {};
}

describe("a token may do no more than the one that makes it", () => {
  const MAY_MAKE = {
    admin: ["admin", "member", "contributor", "predict", "worker"],
    member: ["member", "contributor", "predict", "worker"],
    pupil: ["pupil", "contributor", "predict", "worker"],
  } as const;
  const cases = (["admin", "member", "pupil"] as const).flatMap((maker) =>
    ROLES.map((role) => ({ maker, role, may: MAY_MAKE[maker].some((one) => one === role) })),
  );

  it.each(cases)("$maker makes $role for itself: $may", async ({ maker, role, may }) => {
    const person = { admin, member, pupil }[maker];
    const asked = { name: "new", role, ...(await scopeFor(role, person)) };
    const made = test.services.tokens.create(person.caller, asked);
    if (!may)
      return expect(made).rejects.toMatchObject({ code: expect.stringMatching(/^(forbidden|bad-input)$/) });
    const { row, secret } = await made;
    const { token, account } = await test.services.identity.byToken(secret, { from: null });
    expect({ account: account.id, role: token.role }).toEqual({ account: person.account.id, role });
    expect(token.scope).toEqual(row.scope);
  });

  it("also where its account may do more", async () => {
    const asMember = await test.tokenOf(admin.account, { role: "member" });
    const made = test.services.tokens.create(asMember.caller, { name: "up", role: "admin" });
    await expect(made).rejects.toMatchObject({ code: "forbidden" });
    const forMember = { name: "m", role: "member", account: member.account.id } as const;
    await expect(test.services.tokens.create(asMember.caller, forMember)).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("nor last longer, and ends with it where nothing is asked", async () => {
    const end = test.clock.now + 10_000;
    const { caller } = await test.tokenOf(member.account, { endsAt: end });
    const make = (endsAt?: number) =>
      test.services.tokens.create(caller, { name: "n", role: "member", endsAt });
    await expect(make(end + 1)).rejects.toMatchObject({ code: "bad-input" });
    await expect(make(test.clock.now)).rejects.toMatchObject({ code: "bad-input" });
    expect((await make(end - 1)).row.endsAt).toBe(end - 1);
    expect((await make()).row.endsAt).toBe(end);
  });

  it("nor name what is another's, or what it has no use for", async () => {
    const theirs = await dataOf(admin);
    const mine = await dataOf(member);
    const make = (asked: object, role: "contributor" | "predict" | "worker") =>
      test.services.tokens.create(member.caller, { name: "n", role, ...asked }).catch(({ code }) => code);
    expect(await make({ dataset: theirs.dataset, class: theirs.class }, "contributor")).toBe("not-found");
    expect(await make({ dataset: mine.dataset, class: theirs.class }, "contributor")).toBe("not-found");
    expect(await make({ runs: [mine.run, theirs.run] }, "predict")).toBe("not-found");
    expect(await make({ dataset: mine.dataset }, "contributor")).toBe("bad-input");
    expect(await make({}, "predict")).toBe("bad-input");
    expect(await make({ runs: [mine.run], dataset: mine.dataset }, "predict")).toBe("bad-input");
    expect(await make({ perMinute: 3 }, "worker")).toBe("bad-input");
  });
});

describe("an admin", () => {
  it("makes tokens for others, as far as their accounts go, over whose data there is", async () => {
    const { run } = await dataOf(member);
    const make = (role: "admin" | "member" | "pupil" | "predict", person: Person, runs?: string[]) =>
      test.services.tokens.create(admin.caller, { name: "n", role, account: person.account.id, runs }).then(
        ({ row }) => row.account,
        ({ code }) => code,
      );
    expect(await make("member", member)).toBe(member.account.id);
    expect(await make("pupil", pupil)).toBe(pupil.account.id);
    expect(await make("predict", pupil, [run])).toBe(pupil.account.id);
    expect(await make("admin", member)).toBe("bad-input");
    expect(await make("member", pupil)).toBe("bad-input");
  });

  it("sees and revokes everybody's tokens, where others have their own", async () => {
    const other = await test.person();
    const mine = await test.person();
    const page = (person: Person, account?: string) =>
      test.services.tokens
        .page(person.caller, { limit: 200, account })
        .then(({ items }) => items.map(({ id }) => id));
    expect(await page(mine)).toEqual([mine.id]);
    expect(await page(admin)).toEqual(expect.arrayContaining([mine.id, other.id, admin.id]));
    expect(await page(admin, other.account.id)).toEqual([other.id]);
    await expect(page(mine, other.account.id)).rejects.toMatchObject({ code: "not-found" });
    const revoke = (person: Person, id: string) => test.services.tokens.revoke(person.caller, id);
    await expect(revoke(mine, other.id)).rejects.toMatchObject({ code: "not-found" });
    await expect(revoke(mine, "nothing")).rejects.toMatchObject({ code: "not-found" });
    const at = test.clock.now;
    expect(await revoke(admin, other.id)).toMatchObject({ revokedAt: at });
    test.clock.now++;
    expect(await revoke(admin, other.id), "once revoked it stays so").toMatchObject({ revokedAt: at });
  });
});

describe("a token to predict", () => {
  it("has a rate of its own", async () => {
    const { run } = await dataOf(member);
    const link = { run, name: "for parents", endsAt: test.clock.now + 1e9, perMinute: 5 };
    const { secret } = await test.services.links.tryOut(member.caller, link);
    const identity = await test.services.identity.byToken(secret, { from: null });
    const take = (count?: number) => test.services.identity.takePredictions(identity, count);
    take(4);
    take();
    expect(() => take()).toThrow(expect.objectContaining({ code: "busy", facts: { retryAfterMs: 12_000 } }));
    test.clock.now += 12_000;
    take();
    for (let time = 0; time < 1_000; time++) test.services.identity.takePredictions(member.caller.identity);
  });
});
