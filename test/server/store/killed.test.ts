import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Repository } from "@graft/api";
import { testRandom } from "@graft/core/testing";
import { expect, it } from "vitest";
import { isLong } from "../../long.ts";
import { NOW, sampleAccount, sampleDataset, sampleImage, sampleRun } from "../contract/sample-rows.ts";
import { gather } from "../contract/shared-repository.ts";
import { openTestStore } from "../open-store.ts";
import { BASE_IMAGES, BATCH_IMAGES, type Done, EVENTS } from "./killed-writes.ts";

/** GRAFT_TEST_KILLS: more of them. */
const KILLS = Number(process.env.GRAFT_TEST_KILLS ?? (isLong ? 3 : 1));
const CHILD = join(import.meta.dirname, "write-store-child.ts");

/** Lets a process write until it has said so many things, and some moments on. @returns all that it said. */
async function writeAndKill(
  words: readonly string[],
  says: number,
  delayMs: number,
): Promise<readonly Done[]> {
  const child = spawn(process.execPath, ["--import", "tsx", CHILD, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const said: Done[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(JSON.parse(line));
    if (said.length === says) setTimeout(() => child.kill("SIGKILL"), delayMs);
  }
  const [, signal] = await exited;
  expect(signal).toBe("SIGKILL");
  return said;
}

/** Holds what is stored against all that was said. */
async function check(
  { images, datasets, edits, runs }: Repository,
  dataset: string,
  run: string,
  said: readonly Done[],
) {
  const paths = (await gather(images.all(dataset))).map(({ path }) => path);
  const folders = new Map<string, number>();
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  const { length: last } = (await edits.page(dataset, { limit: 100_000 })).items;
  const reasons = (await images.page(dataset, { search: "base/", limit: BASE_IMAGES })).items.map(
    ({ reason }) => reason,
  );
  expect(new Set(reasons), "an edit is whole").toStrictEqual(
    new Set([last === 0 ? "edit 0" : `edit ${last}`]),
  );
  expect((await datasets.get(dataset))?.lastEdit, "the log has every edit").toBe(last);
  expect(folders.get("base/")).toBe(BASE_IMAGES);
  folders.delete("base/");
  expect(new Set([BATCH_IMAGES, ...folders.values()]), "pictures come whole").toStrictEqual(
    new Set([BATCH_IMAGES]),
  );
  const stored = await runs.events(run, { after: -1, limit: 1_000_000 });
  const { lastSeq = -1 } = (await runs.get(run)) ?? {};
  expect(stored.map(({ seq }) => seq)).toStrictEqual(Array.from({ length: lastSeq + 1 }, (_, seq) => seq));
  expect(stored.length % EVENTS, "events come whole").toBe(0);
  const files = await runs.files(run);
  expect(new Set(files.map(({ hash }) => hash)).size, "files change together").toBeLessThan(2);
  for (const done of said) {
    if (done.kind === "images") expect(folders.has(done.folder), done.folder).toBe(true);
    if (done.kind === "edit") expect(last).toBeGreaterThanOrEqual(done.number);
    if (done.kind === "events") expect(lastSeq).toBeGreaterThanOrEqual(done.last);
    if (done.kind === "files") expect(files[0]?.bytes ?? 0).toBeGreaterThanOrEqual(done.bytes);
  }
}

it(`has everything that was said to be done, whole, after ${KILLS} kills in the middle of many writes`, async () => {
  await using prepared = await openTestStore("pglite");
  const { accounts, datasets, images, runs } = prepared.repository;
  const account = sampleAccount();
  await accounts.create(account);
  const dataset = sampleDataset(account.id);
  await datasets.create(dataset, []);
  const base = Array.from({ length: BASE_IMAGES }, (_, n) =>
    sampleImage(dataset.id, { path: `base/${n}`, reason: "edit 0" }),
  );
  await images.add(dataset.id, { classes: [], images: base, parts: new Map(), at: NOW });
  const run = await runs.create(sampleRun(dataset.id));
  await prepared.close();
  const random = testRandom(12);
  const said: Done[] = [];
  for (let life = 0; life < KILLS; life++) {
    const says = random.int(1, 30);
    const words = [prepared.home, dataset.id, run.id, `${life}`];
    said.push(...(await writeAndKill(words, says, random.int(0, 60))));
    const store = await prepared.reopen();
    await check(store.repository, dataset.id, run.id, said);
    await store.close();
  }
  expect(new Set(said.map(({ kind }) => kind)).size, "every kind of write was said to be done").toBe(4);
});
