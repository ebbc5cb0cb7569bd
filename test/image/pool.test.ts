import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ImagePool } from "@graft/core";
import { augmentationSchema } from "@graft/core";
import { createImagePool } from "@graft/core/node";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";

const RULE = { version: 1, size: 75, fit: "pad", resize: "bilinear" } as const;
let folder: string;
let file: { path: string; hash: string };
let pool: ImagePool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-pool-"));
  const create = { width: 60, height: 30, channels: 3, background: "#204060" } as const;
  const bytes = await sharp({ create }).png().toBuffer();
  file = { path: join(folder, "a photo.png"), hash: createHash("sha256").update(bytes).digest("hex") };
  await writeFile(file.path, bytes);
  pool = createImagePool({ threads: 2 });
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

test("inspects a file", async () => {
  const seen = await pool.inspect(file.path);
  expect(seen).toMatchObject({ hash: file.hash, facts: { format: "png", width: 60, height: 30 } });
});

test("prepares every variant, padded with white", async () => {
  const images = await pool.prepare(file, RULE, augmentationSchema.parse({ brightness: 0.5 }), [0, 1]);
  expect(images.map(({ length }) => length)).toEqual([75 * 75 * 3, 75 * 75 * 3]);
  expect(images[0]).not.toEqual(images[1]);
  const [plain] = await pool.prepare(file, RULE, null, [0]);
  expect([...(plain?.subarray(0, 3) ?? [])]).toEqual([255, 255, 255]);
  expect([...(plain?.subarray((37 * 75 + 37) * 3).subarray(0, 3) ?? [])]).toEqual([0x20, 0x40, 0x60]);
});

test("takes an image as bytes too, and asks for no hash", async () => {
  const bytes = new Uint8Array(await readFile(file.path));
  expect(await pool.inspect(bytes)).toEqual(await pool.inspect(file.path));
  const augmentation = augmentationSchema.parse({});
  const ofPath = await pool.prepare(file, RULE, augmentation, [0, 1]);
  expect(await pool.prepare({ bytes }, RULE, augmentation, [0, 1])).toEqual(ofPath);
  expect(bytes.length).toBeGreaterThan(0); // they are still the caller's
  const damaged = bytes.subarray(0, 40);
  await expect(pool.prepare({ bytes: damaged }, RULE, null, [0])).rejects.toMatchObject({ code: "corrupt" });
  const other = { bytes, hash: "0".repeat(64) };
  await expect(pool.prepare(other, RULE, null, [0])).rejects.toThrow(/^the image has changed since/i);
});

test("errors keep their codes across the thread, and the thread goes on", async () => {
  const text = join(folder, "text.jpg");
  await writeFile(text, "no image");
  await expect(pool.inspect(text)).rejects.toMatchObject({ code: "bad-input" });
  await expect(pool.inspect(join(folder, "absent.jpg"))).rejects.toMatchObject({ code: "not-found" });
  const other = { path: file.path, hash: "0".repeat(64) };
  await expect(pool.prepare(other, RULE, null, [0])).rejects.toMatchObject({ code: "corrupt" });
  expect((await pool.inspect(file.path)).hash).toBe(file.hash);
  expect(pool.pending).toBe(0);
});

test("close ends what is pending as cancelled, and every later task", async () => {
  const other = createImagePool({ threads: 1 });
  const tasks = Promise.allSettled(Array.from({ length: 5 }, () => other.inspect(file.path)));
  await other.close();
  for (const task of await tasks)
    expect(task).toMatchObject({ status: "rejected", reason: { code: "cancelled" } });
  await expect(other.inspect(file.path)).rejects.toMatchObject({ code: "cancelled" });
});

test("starts a thread ahead of the first task when it is told to, once, and none after the close", async () => {
  const made: unknown[] = [];
  const count = (worker: unknown): void => void made.push(worker);
  process.on("worker", count);
  try {
    const other = createImagePool({ threads: 1 });
    other.start();
    other.start();
    await nextTurn();
    expect(made).toHaveLength(1);
    expect((await other.inspect(file.path)).hash).toBe(file.hash);
    expect(made).toHaveLength(1);
    await other.close();
    other.start();
    await nextTurn();
    expect(made).toHaveLength(1);
  } finally {
    process.off("worker", count);
  }
});
