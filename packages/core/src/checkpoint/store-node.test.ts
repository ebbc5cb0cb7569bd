import { mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { bytesReader } from "../files/byte-reader.ts";
import { crc32 } from "../numbers/crc32.ts";
import { openCheckpointStore } from "./store-node.ts";
import { decodeTensorFile, encodeTensorFile, type TensorFile } from "./tensor-file.ts";
import type { BestEpoch, Checkpoint } from "./types.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-checkpoints-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const floats = (length: number, from: number): Float32Array =>
  Float32Array.from({ length }, (_, at) => Math.sin(from + at) * 10 ** ((at % 9) - 4));

const bestOf = (epoch: number): BestEpoch => ({
  ...{ epoch, metrics: { loss: 0.1 + epoch, valLoss: 1 / 3 } },
  values: new Map([["predictions/kernel", floats(6, epoch)]]),
});

function checkpoint(epoch: number, best: number | null): Checkpoint {
  return {
    version: 1,
    hashes: { config: "c", split: "s", weights: "w", features: "f" },
    options: { epochs: 3 },
    backend: { id: "onnx:cpu", engineVersion: "1.30.0", threads: 2 },
    phase: { name: "head", epoch: 0, step: 0 },
    partial: null,
    ...{ epoch, step: epoch * 7, seconds: epoch * 1.5 },
    history: Array.from({ length: epoch }, (_, at) => ({ loss: 1 / (at + 3), accuracy: 0.1 * at })),
    parameters: new Map([
      ["predictions/kernel", floats(6, epoch)],
      ["predictions/bias", floats(0, 0)],
      ["adam/momentum/predictions/kernel", floats(1001, epoch + 0.5)],
    ]),
    best: best === null ? null : bestOf(best),
  };
}

const readTensorFile = async (path: string): Promise<TensorFile> =>
  decodeTensorFile(bytesReader(await readFile(path)), path, crc32);
const writeTensorFile = async (path: string, content: TensorFile): Promise<void> =>
  writeFile(path, Buffer.concat(encodeTensorFile(content, crc32).pieces));

/** Changes one byte of a file. */
async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  await writeFile(path, bytes);
}

const newest = async (): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => name.startsWith("epoch-")).sort();
  return join(folder, names.at(-1) ?? "none");
};

describe("a checkpoint store", () => {
  it("gives back what was saved, bit for bit, in another process's place", async () => {
    await openCheckpointStore(folder).save(checkpoint(3, 2));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(3, 2));
    await openCheckpointStore(folder).save(checkpoint(4, null));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(4, null));
  });

  it("has nothing before the first save, also where no folder is", async () => {
    expect(await openCheckpointStore(join(folder, "none")).load()).toBeUndefined();
  });

  it("keeps the newest two, the best weights that they name and the best ones before", async () => {
    const store = openCheckpointStore(folder);
    for (const [epoch, best] of [1, 2, 2, 2, 5, 5].entries()) await store.save(checkpoint(epoch + 1, best));
    const kept = (await readdir(folder)).filter((name) => name.endsWith(".bin")).sort();
    expect(kept).toEqual([
      ...[
        "best-000002.bin",
        "best-000005.bin",
        "epoch-000005-best-000005.bin",
        "epoch-000006-best-000005.bin",
      ],
    ]);
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(6, 5));
  });

  it("writes the best weights only when they change", async () => {
    const store = openCheckpointStore(folder);
    await store.save(checkpoint(1, 1));
    const { ino, mtimeMs } = await stat(join(folder, "best-000001.bin"));
    for (const epoch of [2, 3, 4]) await store.save(checkpoint(epoch, 1));
    expect(await stat(join(folder, "best-000001.bin"))).toMatchObject({ ino, mtimeMs });
    // nor by a process that goes on
    const next = openCheckpointStore(folder);
    await next.load();
    await next.save(checkpoint(5, 1));
    expect(await stat(join(folder, "best-000001.bin"))).toMatchObject({ ino, mtimeMs });
    await next.save(checkpoint(6, 6));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(6, 6));
  });

  it("goes on with the best weights before where those that both checkpoints name are damaged or gone, and says so", async () => {
    const store = openCheckpointStore(folder);
    for (const [epoch, best] of [1, 2, 2, 2].entries()) await store.save(checkpoint(epoch + 1, best));
    const path = join(folder, "best-000002.bin");
    const harm: readonly (() => Promise<void>)[] = [
      () => flip(path, 100),
      () => truncate(path, 30),
      () => rm(path),
    ];
    for (const damage of harm) {
      await damage();
      const reasons: string[] = [];
      const next = openCheckpointStore(folder);
      const loaded = await next.load((reason) => reasons.push(reason));
      expect(loaded).toEqual({ ...checkpoint(4, 2), best: bestOf(1) });
      expect(reasons).toHaveLength(3);
      expect(reasons[2]).toContain("resumes from epoch 4 with epoch 1 as the kept one");
    }
    const next = openCheckpointStore(folder);
    const loaded = await next.load();
    if (!loaded) throw new Error("nothing was loaded");
    await next.save({ ...checkpoint(5, 1), best: loaded.best });
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(5, 1));
  });

  it("does not take another file of the same epoch for the best weights of a checkpoint", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    const store = openCheckpointStore(folder);
    for (const [epoch, best] of [2, 2].entries()) await store.save(checkpoint(epoch + 2, best));
    // whole, and of a continuation on another engine
    const other = openCheckpointStore(join(folder, "other"));
    await other.save({ ...checkpoint(3, 2), best: { ...bestOf(2), values: bestOf(7).values } });
    await rename(join(folder, "other", "best-000002.bin"), join(folder, "best-000002.bin"));
    const reasons: string[] = [];
    await openCheckpointStore(folder).load((reason) => reasons.push(reason));
    expect(reasons[0]).toContain("best-000002.bin does not belong to the checkpoint");
  });

  it("reads a checkpoint of an older graft, which says nothing of the file of its best weights", async () => {
    await openCheckpointStore(folder).save(checkpoint(3, 2));
    const path = await newest();
    const { facts, tensors } = await readTensorFile(path);
    const { bestCrc: _, ...old } = z.looseObject({ bestCrc: z.number() }).parse(facts);
    await writeTensorFile(path, { facts: old, tensors });
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(3, 2));
  });

  it("overwrites a file that is longer than what comes", async () => {
    const store = openCheckpointStore(folder);
    const long = { ...checkpoint(1, 1), parameters: new Map([["a", floats(50_000, 1)]]) };
    for (const epoch of [1, 2, 3]) await store.save({ ...long, epoch });
    for (const epoch of [4, 5, 6, 7]) await store.save(checkpoint(epoch, 1));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(7, 1));
  });

  it("uses the one before when any byte of the newest is changed, and says so", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    await openCheckpointStore(folder).save(checkpoint(2, 1));
    const path = await newest();
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (at) => {
        await writeFile(path, whole);
        await flip(path, at);
        const reasons: string[] = [];
        expect(await openCheckpointStore(folder).load((reason) => reasons.push(reason))).toEqual(
          checkpoint(1, 1),
        );
        expect(reasons).toHaveLength(1);
        expect(reasons[0]).toContain("epoch 2");
      }),
      { numRuns: 100 },
    );
  });

  it("uses the one before when the newest is cut anywhere", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    await openCheckpointStore(folder).save(checkpoint(2, 1));
    const path = await newest();
    const { length } = await readFile(path);
    for (const end of [length - 1, length - 4000, 100, 16, 3, 0]) {
      await truncate(path, end);
      expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(1, 1));
    }
  });

  it("uses the one before when the newest's best weights are damaged or gone", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    await openCheckpointStore(folder).save(checkpoint(2, 2));
    await flip(join(folder, "best-000002.bin"), 100);
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(1, 1));
    await rm(join(folder, "best-000002.bin"));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(1, 1));
  });

  it("says that nothing is left when both are damaged", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    await openCheckpointStore(folder).save(checkpoint(2, 1));
    await flip(join(folder, "best-000001.bin"), 100);
    const reasons: string[] = [];
    expect(await openCheckpointStore(folder).load((reason) => reasons.push(reason))).toBeUndefined();
    expect(reasons).toHaveLength(2);
  });

  it("goes on after a damaged newest without ever taking it for newer again", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    await openCheckpointStore(folder).save(checkpoint(2, 2));
    await flip(await newest(), 300);
    const store = openCheckpointStore(folder);
    expect(await store.load()).toEqual(checkpoint(1, 1));
    await store.save(checkpoint(2, 1));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(2, 1));
    expect((await readdir(folder)).filter((name) => name.startsWith("epoch-")).sort()).toEqual([
      ...["epoch-000001-best-000001.bin", "epoch-000002-best-000001.bin"],
    ]);
  });

  it("takes no notice of what a killed writer left", async () => {
    await openCheckpointStore(folder).save(checkpoint(1, 1));
    await writeFile(join(folder, "checkpoint.tmp"), "half a checkpoint");
    await writeFile(join(folder, "best.tmp"), "half of the best");
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(1, 1));
    await openCheckpointStore(folder).save(checkpoint(2, 2));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(2, 2));
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("is empty after clear", async () => {
    const store = openCheckpointStore(folder);
    await store.save(checkpoint(1, 1));
    await store.clear();
    expect(await store.load()).toBeUndefined();
    await store.save(checkpoint(1, 1));
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(1, 1));
  });

  it.each([
    [
      "its facts",
      async (path: string) => {
        const { facts, tensors } = await readTensorFile(path);
        await writeTensorFile(path, { facts: { ...z.looseObject({}).parse(facts), version: 2 }, tensors });
      },
    ],
    [
      "its format",
      async (path: string) => {
        const bytes = await readFile(path);
        bytes.write("GRAFTT2\n", "latin1");
        await writeFile(path, bytes);
      },
    ],
  ])(
    "refuses a newer graft's checkpoint, told by %s, and neither calls it damaged nor goes on from one before",
    async (_, change) => {
      const store = openCheckpointStore(folder);
      await store.save(checkpoint(1, null));
      await store.save(checkpoint(2, null));
      const path = await newest();
      await change(path);
      const fallbacks: string[] = [];
      await expect(
        openCheckpointStore(folder).load((reason) => fallbacks.push(reason)),
      ).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringMatching(
          /was written by a newer graft.*version 2.*version 1.*Use that newer version of graft/,
        ),
      });
      expect(fallbacks).toEqual([]);
      // other bytes than a version are damage, after which the one before does
      await writeFile(path, "GRAFTTx\n and something");
      expect(await openCheckpointStore(folder).load((reason) => fallbacks.push(reason))).toEqual(
        checkpoint(1, null),
      );
      expect(fallbacks).toEqual([expect.stringContaining("is damaged")]);
    },
  );
});
