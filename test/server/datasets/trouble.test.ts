// Processes that are killed, files that would take all memory, servers that end: what was sent comes in all the same, once.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { newId } from "@graft/api";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundledReader } from "./bundled-reader.ts";
import { type OpenedDatasets, openDatasets } from "./open-datasets.ts";
import { noise } from "./pictures.ts";

const program = await bundledReader();
let opened: OpenedDatasets;
beforeAll(async () => {
  opened = await openDatasets({ program });
});
afterAll(() => opened[Symbol.asyncDispose]());

async function newDataset(at = opened) {
  const caller = await at.person();
  const { dataset } = await at.services.datasets.create(caller, { name: "pets", classes: [], known: null });
  return { caller, id: dataset.id };
}

/** Children of this process that read uploads. */
async function readers(): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (parent !== process.pid) continue;
      if (readFileSync(`/proc/${name}/cmdline`, "latin1").includes("import-child")) found.push(Number(name));
    } catch {
      // it has ended meanwhile
    }
  }
  return found;
}

const isLinux = process.platform === "linux";

test.skipIf(!isLinux)(
  "a reading that is killed again and again ends with the rows of one that was not",
  async () => {
    const files = {
      ...(await noise(["cats", "dogs"], 40)),
      "cats/cut.jpg": Uint8Array.from([0xff, 0xd8, 0xff]),
    };
    const quiet = await newDataset();
    await opened.bring(quiet.caller, quiet.id, files);
    const disturbed = await newDataset();
    const { id } = await opened.send(disturbed.caller, disturbed.id, files);
    // each when it has been there for a moment, however quick the machine is
    const seen = new Map<number, number>();
    const killed = new Set<number>();
    const killing = setInterval(async () => {
      for (const pid of await readers()) {
        seen.set(pid, seen.get(pid) ?? Date.now());
        if (killed.size === 2 || killed.has(pid) || Date.now() - (seen.get(pid) ?? 0) < 100) continue;
        killed.add(pid);
        process.kill(pid, "SIGKILL");
      }
    }, 20);
    const upload = await opened.imported(id).finally(() => clearInterval(killing));
    expect(killed.size).toBe(2);
    expect(upload.result).toMatchObject({ added: 80, same: 0, broken: { count: 1 } });
    const rowsOf = async (dataset: string) => {
      const rows = await opened.images(dataset);
      return rows.map(({ path, hash, use, part, thumbnail, reason }) => ({
        path,
        hash,
        use,
        part,
        thumbnail,
        reason,
      }));
    };
    expect(await rowsOf(disturbed.id)).toEqual(await rowsOf(quiet.id));
  },
);

test("what a server had noted and not begun is imported after its next start", async () => {
  await using before = await openDatasets({ program, hasWorker: false });
  const { caller, id } = await newDataset(before);
  const inLine = await before.send(caller, id, await noise(["cats", "dogs"], 4));
  expect(inLine.state).toBe("queued");
  // a server that is killed in between has noted it and not put it into the line
  const noted = { ...inLine, id: newId(), createdAt: inLine.createdAt + 1 };
  await before.repository.uploads.create(noted);
  await using after = await before.restart({ hasWorker: true });
  await after.services.uploads.recover();
  expect(await after.imported(inLine.id)).toMatchObject({ state: "done", result: { added: 8 } });
  expect(await after.imported(noted.id)).toMatchObject({ state: "done", result: { added: 0 } });
});

test.skipIf(!isLinux)(
  "a picture that takes more memory than there is for one is broken, and the others come in",
  async () => {
    const limits = { memoryBytes: 300 * 2 ** 20, heapMegabytes: 256, silenceMs: 120_000 };
    await using small = await openDatasets({ program, limits });
    const { caller, id } = await newDataset(small);
    const create = { width: 9900, height: 9900, channels: 3, background: "#204060" } as const;
    const large = await sharp({ create, limitInputPixels: false }).png({ compressionLevel: 1 }).toBuffer();
    const files = { ...(await noise(["cats", "dogs"], 6)), "cats/large.png": large };
    const upload = await small.bring(caller, id, files);
    expect(upload).toMatchObject({
      state: "done",
      result: {
        added: 12,
        broken: { count: 1, first: [{ path: "cats/large.png", reason: expect.stringContaining("memory") }] },
      },
    });
    expect((await small.images(id)).find(({ use }) => use === "broken")).toMatchObject({
      path: "cats/large.png",
    });
  },
);

test("an upload whose reading tells nothing for too long is refused, and the server goes on", async () => {
  const limits = { memoryBytes: 2 ** 32, heapMegabytes: 256, silenceMs: 1 };
  await using hasty = await openDatasets({ program, limits });
  const { caller, id } = await newDataset(hasty);
  const upload = await hasty.bring(caller, id, await noise(["cats"], 1));
  expect(upload).toMatchObject({ state: "failed", error: { code: "limit" } });
  expect(upload.error?.message).toContain("time");
});
