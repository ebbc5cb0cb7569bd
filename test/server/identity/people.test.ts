import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleClass, sampleDataset, sampleImage, sampleRun } from "../contract/sample-rows.ts";
import { openIdentity, openTestIdentity, type Person, type TestIdentity } from "./open-identity.ts";

let test: TestIdentity;
let admin: Person;
beforeAll(async () => {
  test = await openTestIdentity("pglite");
  admin = await test.person({ role: "admin" });
});
afterAll(() => test[Symbol.asyncDispose]());

/** Two pictures of 1000 bytes and a run. */
async function giveData(account: string): Promise<string> {
  const { datasets, images, runs } = test.repository;
  const dataset = sampleDataset(account);
  const one = sampleClass(dataset.id);
  await datasets.create(dataset, [one]);
  const pictures = [sampleImage(dataset.id, { class: one.id }), sampleImage(dataset.id)];
  await images.add(dataset.id, { classes: [], images: pictures, parts: new Map(), at: test.clock.now });
  await runs.create(sampleRun(dataset.id, { owner: account }));
  return dataset.id;
}
const THINGS = { datasets: 1, images: 2, bytes: 2_000, runs: 1 };
const comesIn = (secret: string): Promise<string> =>
  test.services.identity.byToken(secret, { from: "192.0.2.1" }).then(
    ({ account }) => account.name,
    ({ facts }) => facts.reason,
  );

describe("an account", () => {
  it("comes with a token that is shown once, under a name that nobody has", async () => {
    const { accounts } = test.services;
    const made = await accounts.create(admin.caller, { name: "Grace", role: "member" });
    expect(await comesIn(made.secret)).toBe("Grace");
    const again = accounts.create(admin.caller, { name: "Grace", role: "admin" });
    await expect(again).rejects.toMatchObject({ code: "conflict" });
    const past = accounts.create(admin.caller, { name: "Old", role: "member", endsAt: test.clock.now });
    await expect(past).rejects.toMatchObject({ code: "bad-input" });
  });

  it("that is ended lets nobody in at once, and its data stay", async () => {
    const { account, secret } = await test.person();
    const dataset = await giveData(account.id);
    await test.services.accounts.end(admin.caller, account.id, test.clock.now + 1_000);
    expect(await comesIn(secret)).toBe(account.name);
    await test.services.accounts.end(admin.caller, account.id);
    expect(await comesIn(secret)).toBe("ended");
    expect(await test.repository.datasets.get(dataset)).toBeDefined();
  });

  it("says what goes with it, and goes with all of it", async () => {
    const { account, secret } = await test.person();
    const dataset = await giveData(account.id);
    const { accounts } = test.services;
    expect(await accounts.contents(account.id)).toEqual(THINGS);
    expect(await accounts.delete(admin.caller, account.id)).toEqual(THINGS);
    expect(await comesIn(secret)).toBe("unknown");
    expect(await test.repository.datasets.get(dataset)).toBeUndefined();
    expect(await test.repository.accounts.get(account.id)).toBeUndefined();
    for (const call of [accounts.contents(account.id), accounts.delete(admin.caller, account.id)])
      await expect(call).rejects.toMatchObject({ code: "not-found" });
  });

  it("never ends or deletes itself, so that an admin is left", async () => {
    for (const call of [
      test.services.accounts.end(admin.caller, admin.account.id),
      test.services.accounts.delete(admin.caller, admin.account.id),
    ])
      await expect(call).rejects.toMatchObject({ code: "conflict" });
    expect(await comesIn(admin.secret)).toBe(admin.account.name);
  });
});

describe("a group", () => {
  const makeGroup = (pupils: number) =>
    test.services.groups.create(admin.caller, { name: "7b", pupils, endsAt: test.clock.now + 1e9 });

  it("is made with a sheet of codes, each of which lets its pupil in", async () => {
    const { group, lines } = await makeGroup(25);
    expect(lines.map(({ name }) => name)).toEqual(Array.from({ length: 25 }, (_, at) => `Pupil ${at + 1}`));
    for (const { name, code, address } of lines) {
      expect(await comesIn(code.toLowerCase())).toBe(name);
      expect(address).toBe(`/enter#${code}`);
    }
    const { items } = await test.services.accounts.page({ limit: 200, group: group.id });
    expect(items.map(({ id }) => id).sort()).toEqual(lines.map(({ account }) => account).sort());
    expect(await test.services.groups.list()).toContainEqual({ ...group, pupils: 25 });
  });

  it("takes names, each once, or a number", async () => {
    const base = { name: "7b", endsAt: test.clock.now + 1 };
    const make = (more: object) => test.services.groups.create(admin.caller, { ...base, ...more });
    expect((await make({ names: ["Ada", "Åsa"] })).lines.map(({ name }) => name)).toEqual(["Ada", "Åsa"]);
    for (const more of [
      { names: ["Ada", "Ada"] },
      {},
      { names: ["Ada"], pupils: 1 },
      { pupils: 1, endsAt: 1 },
    ])
      await expect(make(more)).rejects.toMatchObject({ code: "bad-input" });
  });

  it("has new codes for one pupil or all, and the old ones let nobody in", async () => {
    const { group, lines } = await makeGroup(2);
    const [first, second] = lines;
    if (!first || !second) throw new TypeError("there are two");
    const one = await test.services.groups.sheet(admin.caller, group.id, first.account);
    expect(one.lines.map(({ name }) => name)).toEqual(["Pupil 1"]);
    const inNow = await Promise.all([first, second, ...one.lines].map(({ code }) => comesIn(code)));
    expect(inNow).toEqual(["unknown", "Pupil 2", "Pupil 1"]);
    const all = await test.services.groups.sheet(admin.caller, group.id);
    const after = await Promise.all([second, ...one.lines, ...all.lines].map(({ code }) => comesIn(code)));
    expect(after).toEqual(["unknown", "unknown", "Pupil 1", "Pupil 2"]);
    const twelve = await makeGroup(12);
    const sheet = await test.services.groups.sheet(admin.caller, twelve.group.id);
    expect(sheet.lines.map(({ name }) => name)).toEqual(twelve.lines.map(({ name }) => name));
    const stranger = test.services.groups.sheet(admin.caller, group.id, admin.account.id);
    await expect(stranger).rejects.toMatchObject({ code: "not-found" });
  });

  it("ends for all of its pupils at once, also those who made tokens; earlier, never later", async () => {
    const { group, lines } = await makeGroup(1);
    const [line] = lines;
    if (!line) throw new TypeError("there is one");
    const identity = await test.services.identity.byToken(line.code, { from: null });
    const pupil = { identity, from: null, request: "r" };
    const { secret } = await test.services.tokens.create(pupil, { name: "tablet", role: "pupil" });
    const { groups } = test.services;
    const later = groups.end(admin.caller, group.id, group.endsAt + 1);
    await expect(later).rejects.toMatchObject({ code: "bad-input" });
    await groups.end(admin.caller, group.id, test.clock.now + 1_000);
    expect(await comesIn(secret)).toBe("Pupil 1");
    await groups.end(admin.caller, group.id);
    expect([await comesIn(secret), await comesIn(line.code)]).toEqual(["ended", "ended"]);
    expect(await test.services.identity.isStillValid(identity)).toBe(false);
    await expect(groups.sheet(admin.caller, group.id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("is deleted with everything of its pupils, and nothing of others", async () => {
    const { group, lines } = await makeGroup(2);
    const datasets = await Promise.all(lines.map(({ account }) => giveData(account)));
    const kept = await giveData(admin.account.id);
    const { groups } = test.services;
    const goes = { pupils: 2, datasets: 2, images: 4, bytes: 4_000, runs: 2 };
    expect(await groups.contents(group.id)).toEqual(goes);
    expect(await groups.delete(admin.caller, group.id)).toEqual(goes);
    for (const id of datasets) expect(await test.repository.datasets.get(id)).toBeUndefined();
    expect(await test.repository.datasets.get(kept)).toBeDefined();
    for (const { account, code } of lines) {
      expect(await test.repository.accounts.get(account)).toBeUndefined();
      expect(await comesIn(code)).toBe("unknown");
    }
    expect((await groups.list()).some(({ id }) => id === group.id)).toBe(false);
    await expect(groups.delete(admin.caller, group.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("whose deletion broke off is ended, and the next one goes on", async () => {
    const { group, lines } = await makeGroup(2);
    await giveData(lines[0]?.account ?? "");
    const stuck = await giveData(lines[1]?.account ?? "");
    const remove = (_caller: unknown, id: string) =>
      id === stuck ? Promise.reject(new Error("cut off")) : test.repository.datasets.remove(id);
    const broken = openIdentity(test.repository, test.clock, remove);
    await expect(broken.groups.delete(admin.caller, group.id)).rejects.toThrow("cut off");
    expect(await comesIn(lines[1]?.code ?? "")).toBe("ended");
    expect(await test.services.groups.delete(admin.caller, group.id)).toMatchObject({
      pupils: 2,
      datasets: 1,
    });
  });
});
