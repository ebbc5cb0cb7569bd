import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 as ofZlib } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytesReader } from "../files/byte-reader.ts";
import type { Folder } from "../files/folder.ts";
import { nodeFolder } from "../files/folder-node.ts";
import { memoryFolder } from "../files/memory-folder.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./encoding.ts";
import { openCheckpointStore } from "./store.ts";
import type { EncodedTensorFile } from "./tensor-file.ts";
import type { BestEpoch, Checkpoint } from "./types.ts";

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
    partial: epoch % 2 === 0 ? { step: 3, lossSum: 1 / 7, correct: 11 } : null,
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

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-checkpoints-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe.each([
  ["a directory", () => nodeFolder(join(root, "checkpoints"))],
  ["memory", () => memoryFolder()],
])("a checkpoint store over %s", (_name, open) => {
  let folder: Folder;
  beforeEach(() => {
    folder = open();
  });
  afterEach(() => folder.clear());
  const stored = async (prefix = ""): Promise<string[]> =>
    (await folder.list())
      .map(({ name }) => name)
      .filter((name) => name.startsWith(prefix))
      .sort();
  const change = async (name: string, edit: (bytes: Uint8Array) => Uint8Array): Promise<void> => {
    const bytes = await folder.read(name);
    if (!bytes) throw new Error(`no ${name}`);
    await folder.replace(name, [edit(bytes)]);
  };
  const flip = (name: string, at: number): Promise<void> =>
    change(name, (bytes) => bytes.with(at, (bytes[at] ?? 0) ^ 0x10));

  it("gives back what was saved, bit for bit, to another store over it", async () => {
    expect(await openCheckpointStore(folder).load()).toBeUndefined();
    for (const [epoch, best] of [
      [3, 2],
      [4, null],
    ] as const) {
      await openCheckpointStore(folder).save(checkpoint(epoch, best));
      expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(epoch, best));
    }
  });

  it("keeps the newest two and the best weights that they name, and none of the arrays that it was given", async () => {
    const store = openCheckpointStore(folder);
    const given = checkpoint(6, 5);
    for (const [epoch, best] of [1, 2, 2, 2, 5].entries()) await store.save(checkpoint(epoch + 1, best));
    await store.save(given);
    for (const values of given.parameters.values()) values.fill(0);
    expect(await stored("epoch-")).toEqual([
      ...["epoch-000005-best-000005.bin", "epoch-000006-step-000003-best-000005.bin"],
    ]);
    expect(await stored("best-")).toEqual(["best-000002.bin", "best-000005.bin"]);
    expect(await openCheckpointStore(folder).load()).toEqual(checkpoint(6, 5));
  });

  it("uses the one before when the newest is changed, cut or without its best weights, and says so", async () => {
    const harm: readonly (() => Promise<void>)[] = [
      () => flip("epoch-000003-best-000003.bin", 40),
      () => change("epoch-000003-best-000003.bin", (bytes) => bytes.slice(0, -1)),
      () => change("epoch-000003-best-000003.bin", (bytes) => bytes.slice(0, 5)),
      () => flip("best-000003.bin", 100),
      () => folder.remove("best-000003.bin"),
    ];
    for (const damage of harm) {
      await openCheckpointStore(folder).save(checkpoint(1, 1));
      await openCheckpointStore(folder).save(checkpoint(3, 3));
      await damage();
      const reasons: string[] = [];
      const store = openCheckpointStore(folder);
      expect(await store.load((reason) => reasons.push(reason))).toEqual(checkpoint(1, 1));
      expect(reasons.length).toBe(1);
      expect(reasons[0]).toContain("epoch 3 cannot be used");
      await store.clear();
      expect(await folder.list()).toEqual([]);
    }
  });

  it("keeps the bytes that are sent elsewhere, whichever checksum function the host has", async () => {
    const sent = checkpoint(4, 2);
    const joined = (part: EncodedTensorFile | undefined): Uint8Array => Buffer.concat(part?.pieces ?? []);
    const encoded = encodeCheckpoint(sent);
    await openCheckpointStore(folder, { crc32: ofZlib }).save(sent);
    const files = [
      await folder.read("epoch-000004-step-000003-best-000002.bin"),
      await folder.read("best-000002.bin"),
    ];
    expect(files.map((bytes) => Buffer.from(bytes ?? []))).toEqual([
      joined(encoded.checkpoint),
      joined(encoded.best),
    ]);
    expect(encoded.checkpoint.size).toBe(files[0]?.length);
  });
});

describe("a checkpoint in bytes", () => {
  const readers = ({ checkpoint, best }: ReturnType<typeof encodeCheckpoint>) => ({
    checkpoint: bytesReader(Buffer.concat(checkpoint.pieces)),
    best: best && bytesReader(Buffer.concat(best.pieces)),
  });

  it.each([2, null])("comes back bit for bit, with the kept epoch %s", async (best) => {
    const sent = checkpoint(4, best);
    expect(await decodeCheckpoint(readers(encodeCheckpoint(sent)))).toEqual(sent);
  });

  it("is refused without its kept epoch, with another one, and cut", async () => {
    const parts = readers(encodeCheckpoint(checkpoint(4, 2)));
    const others = readers(encodeCheckpoint(checkpoint(4, 3)));
    const cut = bytesReader(
      Buffer.concat(encodeCheckpoint(checkpoint(4, 2)).checkpoint.pieces).subarray(0, -4),
    );
    await expect(decodeCheckpoint({ checkpoint: parts.checkpoint })).rejects.toThrow("kept epoch is missing");
    await expect(decodeCheckpoint({ ...parts, best: others.best })).rejects.toThrow(
      "kept epoch does not belong to the checkpoint",
    );
    await expect(decodeCheckpoint({ ...parts, checkpoint: cut })).rejects.toMatchObject({ code: "corrupt" });
  });
});
