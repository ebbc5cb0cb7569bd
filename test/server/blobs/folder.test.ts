import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BlobStore } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";
import { FROM_SOURCES } from "../../from-sources.ts";
import { mountSmallDisk } from "../../small-disk.ts";
import { measuredStream } from "./live-bytes.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-blobs-"));
});
afterAll(() => rm(root, { recursive: true }));

let numFolders = 0;
const newFolder = (): string => join(root, `${numFolders++}`, "blobs");
const hashesIn = async (blobs: BlobStore): Promise<string[]> => {
  const hashes: string[] = [];
  for await (const page of blobs.list()) hashes.push(...page.map(({ hash }) => hash));
  return hashes;
};

describe("a folder of blobs", () => {
  it("keeps a folder for each first byte, and is the same when it is opened again", async () => {
    const folder = newFolder();
    const { hash } = await (await openBlobStore(folder)).put(bytes("a picture"));
    expect((await readdir(folder)).sort()).toEqual([hash.slice(0, 2), "tmp"].sort());
    expect(await readFile(join(folder, hash.slice(0, 2), hash), "utf8")).toBe("a picture");
    const again = await openBlobStore(folder);
    expect(await hashesIn(again)).toEqual([hash]);
    expect(again.name).toBe(folder);
  });

  it("passes over what others put there", async () => {
    const folder = newFolder();
    const blobs = await openBlobStore(folder);
    const { hash } = await blobs.put(bytes("one"));
    await writeFile(join(folder, ".DS_Store"), "");
    await writeFile(join(folder, hash.slice(0, 2), "notes.txt"), "");
    await mkdir(join(folder, "ab", "f".repeat(64)), { recursive: true });
    expect(await hashesIn(blobs)).toEqual([hash]);
  });

  it("holds no more than a few pieces of 50 MB", async () => {
    const blobs = await openBlobStore(newFolder());
    const looks: number[] = [];
    expect(await blobs.put(measuredStream(50, (held) => looks.push(held)))).toMatchObject({
      bytes: 50 * 2 ** 20,
    });
    expect(looks).toHaveLength(6);
    // batches of 4 MB, one that is written and one that fills
    expect(Math.max(...looks)).toBeLessThan(20 * 2 ** 20);
  });

  it("leaves a temporary file when it is killed, which the next start removes, but not that of a live process", async () => {
    const folder = newFolder();
    const start = async () => {
      const child = spawn(
        process.execPath,
        [...FROM_SOURCES, join(import.meta.dirname, "put-child.ts"), folder],
        { cwd: resolve(import.meta.dirname, "../../.."), stdio: ["ignore", "pipe", "inherit"] },
      );
      const ended = once(child, "exit");
      expect(String((await Promise.race([once(child.stdout, "data"), ended]))[0])).toBe("half\n");
      return async () => {
        child.kill("SIGKILL");
        expect(await ended).toEqual([null, "SIGKILL"]);
      };
    };
    const [killFirst, killSecond] = await Promise.all([start(), start()]);
    const unfinished = (): Promise<string[]> => readdir(join(folder, "tmp"));
    await killFirst();
    expect(await unfinished()).toHaveLength(2);
    const blobs = await openBlobStore(folder);
    expect(await unfinished()).toHaveLength(1);
    await killSecond();
    await openBlobStore(folder);
    expect(await unfinished()).toEqual([]);
    expect(await hashesIn(blobs)).toEqual([]);
  });

  it("tells a damaged blob before it is read to its end, and takes the same bytes in its place", async () => {
    const folder = newFolder();
    const blobs = await openBlobStore(folder);
    const good = new Uint8Array(3 * 2 ** 20).fill(7);
    const { hash } = await blobs.put(good);
    const path = join(folder, hash.slice(0, 2), hash);
    for (const damaged of [good.slice(5), new Uint8Array(good.length)]) {
      await writeFile(path, damaged);
      await expect(blobs.read(hash)).rejects.toMatchObject({ code: "corrupt" });
      let got = 0;
      const readAll = async (): Promise<void> => {
        for await (const piece of await blobs.stream(hash)) got += piece.length;
      };
      await expect(readAll()).rejects.toMatchObject({ code: "corrupt" });
      expect(got).toBeLessThan(damaged.length);
      await blobs.put(good);
      expect((await blobs.read(hash)).length).toBe(good.length);
    }
    const before = await stat(path);
    await blobs.put(good);
    expect((await stat(path)).ino, "a whole one is left as it is").toBe(before.ino);
  });

  it("is refused to another store of rows", async () => {
    const folder = newFolder();
    const { hash } = await (await openBlobStore(folder, { store: "one" })).put(bytes("of one"));
    expect(await hashesIn(await openBlobStore(folder, { store: "one" }))).toEqual([hash]);
    const refused = { code: "conflict", message: expect.stringContaining("Another store of graft") };
    await expect(openBlobStore(folder, { store: "two" })).rejects.toMatchObject(refused);
    await writeFile(join(folder, "graft-store.json"), "{");
    await expect(openBlobStore(folder, { store: "one" })).rejects.toMatchObject(refused);
    await rm(join(folder, "graft-store.json"));
    await openBlobStore(folder, { store: "two" });
  });

  it.each([
    "s3:/bucket/x",
    "s3//bucket",
    "s3:bucket",
    "S3:/a:secret@b",
    "https://host/bucket",
    "file:///data",
  ])("is not made of %s, which was meant as an address", async (place) => {
    const failed = await openBlobStore(place).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "bad-input", message: expect.stringContaining("like an address") });
    expect(String(failed)).not.toContain("secret");
  });

  it("says at the start why a place cannot be used", async () => {
    await writeFile(join(root, "file"), "");
    await expect(openBlobStore(join(root, "file"))).rejects.toMatchObject({
      code: "bad-input",
      parts: {
        received: expect.stringContaining(join(root, "file")),
        fix: expect.stringContaining("`blobs`"),
      },
    });
  });

  it("tells trouble of the disk without the server's paths", async () => {
    const folder = newFolder();
    const blobs = await openBlobStore(folder);
    const { hash } = await blobs.put(bytes("there"));
    await rm(join(folder, hash.slice(0, 2), hash));
    await mkdir(join(folder, hash.slice(0, 2), hash));
    const failed = await blobs.read(hash).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "unreadable", facts: { code: "EISDIR" } });
    expect(JSON.stringify(failed)).not.toContain(root);
  });
});

const { small, refusal } = await mountSmallDisk("1m");
describe(`a folder of blobs on a full disk${refusal ? ` (skipped: ${refusal})` : ""}`, () => {
  it.skipIf(refusal !== undefined)(
    "says so, leaves nothing of it, and goes on when there is room",
    async () => {
      const folder = join(small, "blobs");
      const blobs = await openBlobStore(folder);
      const first = await blobs.put(new Uint8Array(400_000).fill(1));
      const large = new Uint8Array(700_000).fill(2);
      const inPieces = async function* () {
        for (let at = 0; at < 7; at++) yield large.subarray(at * 100_000, (at + 1) * 100_000);
      };
      for (const put of [large, inPieces()]) {
        const refused = { code: "disk-full", message: expect.stringContaining("no room left") };
        await expect(blobs.put(put)).rejects.toMatchObject(refused);
        expect(await readdir(join(folder, "tmp"))).toEqual([]);
      }
      expect(await hashesIn(blobs)).toEqual([first.hash]);
      await blobs.delete(first.hash);
      expect(await blobs.put(large)).toMatchObject({ bytes: 700_000 });
    },
  );
});
