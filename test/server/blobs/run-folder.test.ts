import { BlobKeeper, newId, runFolder } from "@graft/api";
import type { Folder } from "@graft/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { describeFolder } from "../../contract/folder.ts";
import { sampleAccount, sampleDataset, sampleRun } from "../contract/sample-rows.ts";
import { describeOnPairs, type TestPair } from "../open-pair.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describeOnPairs("the files of a run", (open) => {
  let pair: TestPair;
  let now = 1_800_000_000_000;
  let dataset = "";
  const clock = (): number => now;
  beforeAll(async () => {
    pair = await open();
    const { accounts, datasets } = pair.store.repository;
    const account = sampleAccount();
    await accounts.create(account);
    const row = sampleDataset(account.id);
    await datasets.create(row, []);
    dataset = row.id;
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  const portsOf = ({ store: { repository }, blobs }: TestPair) => {
    const ports = { repository, blobs, clock };
    return { ...ports, keeper: new BlobKeeper(ports) };
  };
  const newRun = async (): Promise<string> =>
    (await pair.store.repository.runs.create(sampleRun(dataset))).id;
  const openFolder = async (): Promise<Folder> => runFolder(portsOf(pair), await newRun());
  const stored = async (): Promise<number> => {
    let all = 0;
    for await (const page of pair.blobs.list()) all += page.length;
    return all;
  };

  describeFolder("a run", openFolder, { appends: false });

  describe("as blobs", () => {
    it("lets go at once of what it replaces, and of what fails", async () => {
      const folder = await openFolder();
      const before = await stored();
      for (let epoch = 0; epoch < 5; epoch++)
        await folder.replace("checkpoints/best.bin", [bytes(`epoch ${epoch} ${folder.name}`)], {
          spare: "spare.tmp",
        });
      expect(await stored()).toBe(before + 1);
      const failing = async function* () {
        yield bytes("half");
        throw new Error("no more");
      };
      await expect(folder.replace("a", failing())).rejects.toThrow("no more");
      const rules = { force: true, known: ["a"], noun: "model" };
      const filled = folder.replaceFolder("m", rules, async (empty) => {
        await empty.replace("a", [bytes(`given up ${folder.name}`)]);
        await empty.replace("a", [bytes(`given up again ${folder.name}`)]);
        throw new Error("no more");
      });
      await expect(filled).rejects.toThrow("no more");
      expect(await stored()).toBe(before + 1);
      await folder.clear();
      expect(await stored()).toBe(before);
    });

    it("keeps what another run has too", async () => {
      const [one, other] = [await openFolder(), await openFolder()];
      for (const folder of [one, other]) await folder.replace("a", [bytes("of both")]);
      await one.clear();
      expect(await other.read("a")).toEqual(bytes("of both"));
    });

    it("says of a file whose bytes are gone that it is damaged", async () => {
      const run = await newRun();
      const folder = runFolder(portsOf(pair), run);
      await folder.replace("a", [bytes(`lost ${run}`)]);
      const [file] = await pair.store.repository.runs.files(run);
      await pair.blobs.delete(file?.hash ?? "");
      const lost = { code: "corrupt", message: expect.stringContaining(`runs/${run}/a are gone`) };
      await expect(folder.read("a")).rejects.toMatchObject(lost);
      await expect(folder.readRange("a", 0, 1)).rejects.toMatchObject(lost);
      await folder.clear();
    });

    it("reads what took a file's place while it was read", async () => {
      const run = await newRun();
      const folder = runFolder(portsOf(pair), run);
      await folder.replace("a", [bytes("first")]);
      let isFirst = true;
      const read: typeof pair.blobs.read = async (hash) => {
        if (isFirst) await folder.replace("a", [bytes("second")]);
        isFirst = false;
        return pair.blobs.read(hash);
      };
      const slow = runFolder({ ...portsOf(pair), blobs: { ...pair.blobs, read } }, run);
      expect(await slow.read("a")).toEqual(bytes("second"));
    });

    it("refuses changes of whoever lost the lock", async () => {
      const run = await newRun();
      const [one, other] = [runFolder(portsOf(pair), run), runFolder(portsOf(pair), run)];
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      onTestFinished(() => void vi.useRealTimers());
      const lock = await one.lock("lock");
      expect(await other.lock("lock")).toEqual({ holder: "another worker" });
      await one.replace("a", [bytes("mine")]);
      // its process was held up for longer than a lease lasts
      now += 60_000;
      const taken = await other.lock("lock");
      expect("release" in taken).toBe(true);
      vi.advanceTimersByTime(6_000);
      const late = () => one.folder("sub").replace("a", [bytes("late")]);
      await expect
        .poll(() =>
          late().then(
            () => "written",
            (error: unknown) => error,
          ),
        )
        .toMatchObject({ code: "conflict" });
      await other.replace("a", [bytes("other's")]);
      if ("release" in lock) await lock.release();
      expect(await other.lockedBy("lock"), "it lets go of nobody else's").toBeDefined();
      if ("release" in taken) await taken.release();
    });

    it("has no place for files of a run that is not there", async () => {
      const folder = runFolder(portsOf(pair), newId());
      const before = await stored();
      await expect(folder.replace("a", [bytes("nobody's")])).rejects.toMatchObject({ code: "not-found" });
      expect(await stored()).toBe(before);
      expect(await folder.read("a")).toBeUndefined();
      expect(await folder.list()).toEqual([]);
    });
  });
});
