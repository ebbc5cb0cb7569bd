import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type AccountRow, newId } from "@graft/api";
import { openStore, restoreBackup, type StorePlace } from "@graft/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openArchive } from "../../../apps/server/src/backup/archive/open-archive.ts";
import type { OpenedBackup } from "../../../apps/server/src/backup/backup-maker.ts";
import { placeBackup } from "../../../apps/server/src/backup/place-backup.ts";
import { checkRestored } from "../../../apps/server/src/backup/restoring.ts";
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";
import { TAR_BLOCK } from "../../../apps/server/src/tar/tar-header.ts";
import { FROM_SOURCES } from "../../from-sources.ts";
import { gather } from "../contract/shared-repository.ts";
import { exampleData, newAccount, signedIn } from "../example-data.ts";
import { describeServices, type TestServices } from "../open-services.ts";
import { newTestDatabase } from "../open-store.ts";
import { type S3Server, startS3 } from "../s3-server.ts";

const CHILD = join(import.meta.dirname, "restore-child.ts");

describeServices(
  "a backup",
  (openServices) => {
    let folder = "";
    let test: TestServices;
    let owner: AccountRow;
    let file = "";
    /** What the store had at the moment of the backup. */
    let hashes: readonly string[];
    let number = 0;
    const ends: (() => PromiseLike<void>)[] = [];
    let s3: S3Server | undefined;
    const blobsOf = ({ home, blobs }: StorePlace): string => blobs ?? join(home, "server/blobs");

    /** An empty place of the same kind; beside PostgreSQL blobs lie in an S3 store, where there is one. */
    async function emptyPlace(): Promise<StorePlace> {
      const home = join(folder, `home-${number++}`);
      if (test.kind === "pglite") return { home };
      const database = await newTestDatabase();
      ends.push(() => database[Symbol.asyncDispose]());
      const blobs = await s3?.bucket(`restored-${newId()}`);
      return { home, databaseUrl: database.url, ...(blobs === undefined ? {} : { blobs }) };
    }

    const named = async (): Promise<readonly string[]> =>
      (await gather(test.ports.repository.blobs.all())).map(({ hash }) => hash);

    async function caller() {
      return { identity: await signedIn(test, owner), from: null, request: "backup" };
    }

    async function opened(): Promise<OpenedBackup> {
      return test.backups.open(await caller());
    }

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "graft-backup-"));
      test = await openServices();
      if (test.kind === "postgres") s3 = await startS3();
      owner = await newAccount(test, "admin");
      await exampleData(test, owner);
      const { $dataset } = await exampleData(test, owner);
      hashes = await named();
      file = join(folder, "whole.tar");
      await using backup = await opened();
      // what is removed while it is sent is in it
      await test.services.datasets.delete(await caller(), $dataset, { stopRuns: true });
      await placeBackup(file, backup.stream(), { bytes: backup.bytes });
      expect((await stat(file)).size).toBe(backup.bytes);
    });
    afterAll(async () => {
      for (const end of ends) await end();
      await test[Symbol.asyncDispose]();
      await s3?.stop();
      await rm(folder, { recursive: true });
    });

    it("has every byte that rows of its moment name, and holds none of them afterwards", async () => {
      await using archive = await openArchive(file);
      expect(archive.blobs().map(({ hash }) => hash)).toEqual(hashes);
      const now = await named();
      const gone = hashes.filter((hash) => !now.includes(hash));
      expect(gone.length).toBeGreaterThan(0);
      for (const hash of gone) expect(await test.ports.blobs.head(hash)).toBeUndefined();
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/part$/));
    });

    it("is a tar that other programs take apart and check", async ({ skip }) => {
      const out = join(folder, "apart");
      await mkdir(out);
      const tar = spawnSync("tar", ["-xf", file, "-C", out], { encoding: "utf8" });
      skip(tar.error !== undefined, "no tar");
      expect([tar.status, tar.stderr]).toEqual([0, ""]);
      const sums = spawnSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], {
        cwd: out,
        encoding: "utf8",
      });
      skip(sums.error !== undefined, "no sha256sum");
      expect([sums.status, sums.stdout]).toEqual([0, ""]);
      const manifest = JSON.parse(await readFile(join(out, "manifest.json"), "utf8"));
      const lines = (await readFile(join(out, "rows/images.jsonl"), "utf8")).trimEnd().split("\n");
      const table = manifest.tables.find((each: { table: string }) => each.table === "images");
      expect(table.rows).toBe(lines.length);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({
        path: expect.any(String),
        bytes: expect.any(String),
      });
    });

    it("comes back into an empty place with all rows and bytes, as a store of its own", async () => {
      const place = await emptyPlace();
      const restored = await restoreBackup(file, place);
      const { tables, store, blobs: told } = restored.manifest;
      expect(restored.tables).toEqual(tables.map(({ table, rows, hash }) => ({ table, rows, hash })));
      expect(told.count).toBe(hashes.length);
      const again = await openStore({
        home: place.home,
        ...(place.databaseUrl ? { url: place.databaseUrl } : {}),
      });
      await using _ = again;
      await checkRestored(again);
      expect(await again.repository.leases.holder("store/id", 0)).not.toBe(store);
      const blobs = await openBlobStore(blobsOf(place));
      for (const { hash } of await gather(again.repository.blobs.all())) await blobs.read(hash);
      expect((await gather(blobs.list())).map(({ hash }) => hash)).toEqual(hashes);
      expect((await gather(again.repository.blobs.all())).map(({ hash }) => hash)).toEqual(hashes);
    });

    it("is refused by a place that has something, which stays as it was", async () => {
      const place = await emptyPlace();
      await restoreBackup(file, place);
      const again = restoreBackup(file, place);
      await expect(again).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringMatching(/not empty.*rows in /s),
      });
      // another store's place for blobs
      const other = { ...(await emptyPlace()), blobs: blobsOf(place) };
      await expect(restoreBackup(file, other)).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("Another store of graft"),
      });
    });

    it("is made one at a time", async () => {
      await using _ = await opened();
      await expect(opened()).rejects.toMatchObject({ code: "busy" });
    });

    it("is not made of a store whose bytes are missing: they are named", async () => {
      const { blobs } = test.ports;
      const [hash = ""] = await named();
      const bytes = await blobs.read(hash);
      await blobs.delete(hash);
      await expect(opened()).rejects.toMatchObject({
        code: "corrupt",
        message: expect.stringContaining(hash),
      });
      await blobs.put(bytes, { hash });
      await using whole = await opened();
      expect(whole.bytes).toBeGreaterThan(0);
    });

    describe("killed while it is restored", () => {
      it("is no store to serve, and comes whole when it is restored again", async () => {
        // a kill among the bytes, and one among the rows
        const [phase, least] = test.kind === "pglite" ? ["rows", 1] : ["blobs", 3];
        const place = await emptyPlace();
        const words = [file, JSON.stringify(place)];
        const child = spawn(process.execPath, [...FROM_SOURCES, CHILD, ...words], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const exited = once(child, "exit");
        for await (const line of createInterface({ input: child.stdout })) {
          const [told, done] = line.split(" ");
          if (told === phase && Number(done) >= least) child.kill("SIGKILL");
        }
        expect((await exited)[1]).toBe("SIGKILL");
        const url = place.databaseUrl ? { url: place.databaseUrl } : {};
        const left = await openStore({ home: place.home, ...url });
        await expect(checkRestored(left)).rejects.toMatchObject({ code: "conflict" });
        expect((await left.repository.accounts.page({ limit: 1 })).items).toEqual([]);
        await left[Symbol.asyncDispose]();
        const { tables, manifest } = await restoreBackup(file, place);
        expect(tables).toEqual(manifest.tables.map(({ table, rows, hash }) => ({ table, rows, hash })));
      });
    });

    describe("damaged", () => {
      const damaged = (): string => join(folder, "damaged.tar");

      /** One byte of a copy is another one. */
      async function refusedAt(bytes: Buffer, at: number): Promise<string> {
        const before = bytes[at] ?? 0;
        const handle = await open(damaged(), "r+");
        await handle.write(Uint8Array.of(before ^ 0x10), 0, 1, at);
        try {
          await restoreBackup(damaged(), { home: join(folder, "never") });
          return "taken";
        } catch (error) {
          return error instanceof Error ? `${Reflect.get(error, "code")} ${error.message}` : "";
        } finally {
          await handle.write(Uint8Array.of(before), 0, 1, at);
          await handle.close();
        }
      }

      it("in any byte, is refused with the name of the file that is damaged, and nothing is touched", async () => {
        const bytes = await readFile(file);
        await writeFile(damaged(), bytes);
        const header = (name: string): number => bytes.indexOf(`${name}\0`, 0, "latin1");
        const [blob = ""] = hashes;
        const inBlob = header(`blobs/${blob.slice(0, 2)}/${blob}`);
        expect(await refusedAt(bytes, inBlob + TAR_BLOCK + 5)).toMatch(
          new RegExp(
            `^corrupt .*blobs/${blob.slice(0, 2)}/${blob} has other bytes.*Received: .*damaged.tar`,
            "s",
          ),
        );
        expect(await refusedAt(bytes, header("rows/images.jsonl") + TAR_BLOCK + 100)).toContain(
          "rows/images.jsonl has other bytes",
        );
        expect(await refusedAt(bytes, TAR_BLOCK + 30)).toContain("manifest.json has other bytes");
        expect(await refusedAt(bytes, header("SHA256SUMS") + TAR_BLOCK + 3)).toMatch(
          /manifest.json|SHA256SUMS/,
        );
        expect(await refusedAt(bytes, bytes.length - 1)).toContain("does not end");
        // anywhere: contents, headers, what lies between
        for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 60))
          expect(await refusedAt(bytes, at), `byte ${at}`).toMatch(/^corrupt /);
        expect(await readdir(folder)).not.toContain("never");
      });

      it("cut off, or longer than it was, is refused", async () => {
        const bytes = await readFile(file);
        const lengths = [
          0,
          100,
          TAR_BLOCK,
          5000,
          bytes.length / 2,
          bytes.length - TAR_BLOCK,
          bytes.length - 1,
        ];
        for (const length of lengths.map(Math.floor)) {
          await writeFile(damaged(), bytes.subarray(0, length));
          await expect(
            restoreBackup(damaged(), { home: join(folder, "never") }),
            `${length}`,
          ).rejects.toMatchObject({ code: "corrupt" });
        }
        await writeFile(damaged(), Buffer.concat([bytes, Buffer.alloc(1)]));
        await expect(restoreBackup(damaged(), { home: join(folder, "never") })).rejects.toMatchObject({
          code: "corrupt",
        });
        expect(await readdir(folder)).not.toContain("never");
      });
    });
  },
  { secondIsLong: true },
);
