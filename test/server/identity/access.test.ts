import { type Job, newId } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerOf, owns } from "../../../packages/api/src/identity/identity.ts";
import { sampleClass, sampleDataset, sampleRun } from "../contract/sample-rows.ts";
import { openTestIdentity, type Person, type TestIdentity } from "./open-identity.ts";

let test: TestIdentity;
let admin: Person;
let member: Person;
let other: Person;
beforeAll(async () => {
  test = await openTestIdentity("pglite");
  admin = await test.person({ role: "admin" });
  member = await test.person();
  other = await test.person();
});
afterAll(() => test[Symbol.asyncDispose]());

async function dataOf({ account }: Person) {
  const dataset = sampleDataset(account.id);
  const classes = [0, 1].map((position) => sampleClass(dataset.id, { position, name: `c${position}` }));
  await test.repository.datasets.create(dataset, classes);
  const run = await test.repository.runs.create(sampleRun(dataset.id, { owner: account.id }));
  const [first, second] = classes.map(({ id }) => id);
  return { dataset: dataset.id, first: first ?? "", second: second ?? "", run: run.id };
}
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "there",
    ({ code }) => code,
  );

describe("data sets and runs", () => {
  it("are there for their owner and for admins, and for nobody else", async () => {
    const { access } = test.services;
    const { dataset, run } = await dataOf(member);
    for (const { person, told } of [
      { person: member, told: "there" },
      { person: admin, told: "there" },
      { person: other, told: "not-found" },
    ]) {
      expect(await codeOf(access.dataset(person.caller, dataset))).toBe(told);
      expect(await codeOf(access.run(person.caller, run))).toBe(told);
      expect(await codeOf(access.model(person.caller, run))).toBe(told);
    }
    expect(await codeOf(access.dataset(admin.caller, newId()))).toBe("not-found");
  });

  it("are not those of a token whose role owns nothing, though its account does", async () => {
    const { access } = test.services;
    const { dataset, first, run } = await dataOf(member);
    for (const role of ["contributor", "predict", "worker"] as const) {
      const scope = { dataset, class: first, runs: [run] };
      const { caller } = await test.tokenOf(member.account, { role, scope });
      expect(owns(caller.identity, member.account.id)).toBe(false);
      expect(await test.repository.datasets.page({ owner: ownerOf(caller.identity), limit: 9 })).toEqual({
        items: [],
      });
      expect(await codeOf(access.dataset(caller, dataset))).toBe("not-found");
      expect(await codeOf(access.run(caller, run))).toBe("not-found");
    }
  });

  it("of another that an admin looks at are kept in the audit, once an hour each", async () => {
    const { access, audit } = test.services;
    const { dataset, run } = await dataOf(member);
    const mine = await dataOf(admin);
    const looks = async () => {
      await access.dataset(admin.caller, dataset);
      await access.run(admin.caller, run);
      await access.dataset(admin.caller, mine.dataset);
      await access.dataset(member.caller, dataset);
      const { items } = await audit.page(admin.caller, { limit: 200 });
      return items.filter(
        ({ facts, what }) =>
          what === "data-of-another" &&
          [dataset, mine.dataset, run].includes(String(facts.dataset ?? facts.run)),
      );
    };
    expect((await looks()).map(({ by, facts }) => ({ by, facts }))).toEqual(
      expect.arrayContaining([
        { by: admin.account.id, facts: { dataset, owner: member.account.id } },
        { by: admin.account.id, facts: { run, owner: member.account.id } },
      ]),
    );
    expect((await looks()).length).toBe(2);
    test.clock.now += 3_600_000;
    expect((await looks()).length).toBe(4);
  });
});

describe("a contributor's token", () => {
  it("adds to its one class, and to nothing else", async () => {
    const { access } = test.services;
    const mine = await dataOf(member);
    const more = await dataOf(member);
    const scope = { dataset: mine.dataset, class: mine.first };
    const { caller } = await test.tokenOf(member.account, { role: "contributor", scope });
    const add = (dataset: string, one: string | null) => codeOf(access.contribution(caller, dataset, one));
    expect(await add(mine.dataset, mine.first)).toBe("there");
    expect(await add(mine.dataset, mine.second)).toBe("not-found");
    expect(await add(mine.dataset, null)).toBe("not-found");
    expect(await add(more.dataset, more.first)).toBe("not-found");
    expect(await add(more.dataset, mine.first)).toBe("not-found");
    await test.repository.datasets.remove(mine.dataset);
    expect(await add(mine.dataset, mine.first)).toBe("not-found");
  });

  it("an owner adds to any class of theirs, or to none", async () => {
    const { access } = test.services;
    const mine = await dataOf(member);
    const theirs = await dataOf(other);
    const add = (dataset: string, one: string | null) =>
      codeOf(access.contribution(member.caller, dataset, one));
    expect(await add(mine.dataset, mine.second)).toBe("there");
    expect(await add(mine.dataset, null)).toBe("there");
    expect(await add(mine.dataset, theirs.first)).toBe("not-found");
    expect(await add(theirs.dataset, theirs.first)).toBe("not-found");
    expect(await add(theirs.dataset, null)).toBe("not-found");
  });
});

it("a token to predict asks the models that it names, also those of others that an admin named", async () => {
  const { access } = test.services;
  const mine = await dataOf(member);
  const theirs = await dataOf(other);
  const { caller } = await test.tokenOf(member.account, { role: "predict", scope: { runs: [theirs.run] } });
  expect(await codeOf(access.model(caller, theirs.run))).toBe("there");
  expect(await codeOf(access.model(caller, mine.run))).toBe("not-found");
  await test.repository.runs.remove(theirs.run);
  expect(await codeOf(access.model(caller, theirs.run))).toBe("not-found");
});

describe("a worker's token", () => {
  const job = (change: Partial<Job> = {}): Job => ({
    ...{ id: "j", kind: "train", subject: "r", owner: member.account.id, state: "active", submittedAt: 1 },
    ...{ worker: "w", attempts: 0 },
    ...change,
  });

  it("does the jobs of the account that made it, those that it has", async () => {
    const { access } = test.services;
    const { caller } = await test.tokenOf(member.account, { role: "worker" });
    const check = async (one: Job | undefined) => access.job(caller, one, { id: "j", worker: "w" });
    expect(await codeOf(check(job()))).toBe("there");
    for (const one of [
      undefined,
      job({ worker: "v" }),
      job({ state: "done" }),
      job({ owner: other.account.id }),
    ])
      expect(await codeOf(check(one))).toBe("not-found");
  });

  it("does everybody's where an admin made it", async () => {
    const { caller } = await test.tokenOf(admin.account, { role: "worker" });
    expect(test.services.access.job(caller, job(), { id: "j", worker: "w" })).toEqual(job());
  });
});

describe("a link", () => {
  it("tells who came by it what it is for", async () => {
    const { links, identity } = test.services;
    const { dataset, first, run } = await dataOf(member);
    const endsAt = test.clock.now + 1_000;
    const here = async (secret: string) =>
      links.here({ identity: await identity.byToken(secret, { from: null }), from: null, request: "r" });
    const add = await links.contribute(member.caller, { dataset, class: first, name: "Phones", endsAt });
    expect(await here(add.secret)).toEqual({
      ...{ kind: "contribute", name: "Phones", endsAt, runs: [], perMinute: null },
      ...{ dataset: { id: dataset, name: "Leaves" }, class: { id: first, name: "c0" } },
    });
    const asked = await links.tryOut(member.caller, { run, name: "Parents", endsAt });
    expect(await here(asked.secret)).toEqual({
      ...{ kind: "try", name: "Parents", endsAt, dataset: null, class: null, perMinute: 60 },
      runs: [{ id: run, number: 1, name: null }],
    });
    await test.repository.datasets.remove(dataset);
    expect(await codeOf(here(add.secret))).toBe("not-found");
    expect(await here(asked.secret)).toMatchObject({ runs: [] });
  });
});
