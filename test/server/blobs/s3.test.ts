import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";
import { FROM_SOURCES } from "../../from-sources.ts";
import { NO_S3 } from "../../setup/moto-python.ts";
import { S3_PAGE, type S3Server, startS3 } from "../s3-server.ts";
import { measuredStream } from "./live-bytes.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the address of an S3 store", () => {
  it.each([
    ["s3://a", "no name of a bucket"],
    ["s3://Bucket_A/x", "no name of a bucket"],
    ["s3://key:secret@bucket/x", "Credentials do not belong"],
    ["s3://bucket/x?regoin=eu", 'has no "regoin"'],
    ["s3://bucket/x?endpoint=minio:9000", "`endpoint` is the address"],
    ["s3://", "no name of a bucket"],
  ])("%s is refused", async (address, message) => {
    const failed = await openBlobStore(address).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "bad-input", message: expect.stringContaining(message) });
    expect(JSON.stringify(failed)).not.toContain("secret@");
  });

  it("says what to install where the library is missing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "graft-no-library-"));
    const hook = `export const resolve = (name, context, next) => {
      if (!name.startsWith("@aws-sdk/")) return next(name, context);
      throw Object.assign(new Error(name), { code: "ERR_MODULE_NOT_FOUND" });
    };`;
    await writeFile(join(folder, "hook.mjs"), hook);
    const register = `import { register } from "node:module"; register("./hook.mjs", import.meta.url);`;
    await writeFile(join(folder, "register.mjs"), register);
    const script = `import { openBlobStore } from "./apps/server/src/blobs/open-blob-store.ts";
      await openBlobStore("s3://bucket/x").catch(({ code, message }) => console.log(code, message));`;
    const flags = [
      ...FROM_SOURCES,
      "--import",
      join(folder, "register.mjs"),
      "--input-type=module",
      "-e",
      script,
    ];
    const root = resolve(import.meta.dirname, "../../..");
    const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: root, encoding: "utf8" });
    expect(stdout + stderr).toMatch(
      /^unsupported .*`npm install @aws-sdk\/client-s3@[\d.]+ @aws-sdk\/lib-storage@[\d.]+`/,
    );
    await rm(folder, { recursive: true });
  });
});

const clientOf = ({ endpoint }: S3Server): S3Client =>
  new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true });

const s3 = await startS3();
describe.skipIf(s3 === undefined)(`blobs in an S3 store${s3 ? "" : ` (skipped: ${NO_S3})`}`, () => {
  if (!s3) return;
  afterAll(() => s3.stop());
  let temporary = "";
  let address = "";
  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), "graft-blobs-"));
    address = await s3.bucket("one", "x");
  });
  afterAll(() => rm(temporary, { recursive: true }));

  it.each(["no hash", "their hash"])("holds no more than a few parts of 96 MB, with %s", async (given) => {
    const blobs = await openBlobStore(await s3.bucket("memory"), { temporary });
    const hash = "8f3ba60bf9ad1f5be8e1a5e5b5c2b2d4b1ce5c1b5d5e1b7f7a4b9c3d2e1f0a9b";
    const looks: number[] = [];
    const put = blobs.put(
      measuredStream(96, (held) => looks.push(held)),
      given === "no hash" ? {} : { hash },
    );
    // another hash than they have: told at their end, which is what is looked at
    if (given === "no hash") expect(await put).toMatchObject({ bytes: 96 * 2 ** 20 });
    else await expect(put).rejects.toMatchObject({ code: "corrupt" });
    expect(looks).toHaveLength(12);
    expect(Math.max(...looks)).toBeLessThan(64 * 2 ** 20);
    expect(await readdir(temporary)).toEqual([]);
  });

  it("lists more than a page of them", async () => {
    const place = await s3.bucket("many");
    const hashes = Array.from({ length: 3 * S3_PAGE + 5 }, (_, at) => at.toString(16).padStart(64, "0"));
    for (let at = 0; at < hashes.length; at += 15)
      await Promise.all(
        hashes
          .slice(at, at + 15)
          .map((hash) => fetch(`${s3.endpoint}/many/${hash}`, { method: "PUT", body: "x" })),
      );
    const pages: string[][] = [];
    for await (const page of (await openBlobStore(place)).list()) pages.push(page.map(({ hash }) => hash));
    expect(pages.map(({ length }) => length)).toEqual([S3_PAGE, S3_PAGE, S3_PAGE, 5]);
    expect(pages.flat()).toEqual(hashes);
  });

  it("keeps places in one bucket apart, and refuses one to another store of rows", async () => {
    const blobs = await openBlobStore(address, { store: "one", temporary });
    const other = await openBlobStore(address.replace("/x?", "/y?"), { store: "two", temporary });
    const { hash } = await blobs.put(bytes("of one"));
    expect(await other.head(hash)).toBeUndefined();
    await openBlobStore(address, { store: "one", temporary });
    await expect(openBlobStore(address, { store: "two", temporary })).rejects.toMatchObject({
      code: "conflict",
      parts: { received: `s3://one/x/ at ${s3.endpoint}` },
    });
  });

  it("drops parts of an upload that a killed server left", async () => {
    const place = await s3.bucket("parts");
    const client = clientOf(s3);
    await client.send(new CreateMultipartUploadCommand({ Bucket: "parts", Key: "begun" }));
    const left = async (): Promise<number> => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: "parts" }));
      return Uploads.length;
    };
    await openBlobStore(place, { temporary });
    // moto says of every one that it was begun in 2010
    expect(await left()).toBe(0);
  });

  it("tells a damaged blob before it is read to its end", async () => {
    const blobs = await openBlobStore(address, { store: "one", temporary });
    const { hash } = await blobs.put(bytes("0123456789"));
    const other = new PutObjectCommand({ Bucket: "one", Key: `x/${hash}`, Body: "9876543210" });
    await clientOf(s3).send(other);
    await expect(blobs.read(hash)).rejects.toMatchObject({ code: "corrupt" });
    const readAll = async (): Promise<void> => {
      for await (const piece of await blobs.stream(hash)) expect.unreachable(`${piece.length} bytes`);
    };
    await expect(readAll()).rejects.toMatchObject({ code: "corrupt" });
  });

  it("says at the start what is missing: a bucket, credentials, the server", async () => {
    const open = (place: string): Promise<unknown> => openBlobStore(place, { temporary });
    const gone = address.replace("//one/", "//none/");
    await expect(open(gone)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("There is no such bucket."),
    });
    const other = await startS3();
    const place = await other?.bucket("two");
    const blobs = await openBlobStore(place ?? "", { temporary });
    const { hash } = await blobs.put(bytes("there"));
    await other?.stop();
    await expect(open(place ?? "")).rejects.toMatchObject({ code: "offline" });
    const calls = [
      () => blobs.put(bytes("new")),
      () => blobs.head(hash),
      () => blobs.read(hash),
      () => blobs.readRange(hash, 0, 1),
      () => blobs.delete(hash),
      () => blobs.list()[Symbol.asyncIterator]().next(),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "offline" });
    const { AWS_ACCESS_KEY_ID: key, ...others } = process.env;
    process.env = { ...others, AWS_EC2_METADATA_DISABLED: "true" };
    await expect(open(address)).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("AWS_ACCESS_KEY_ID"),
    });
    process.env = { ...process.env, AWS_ACCESS_KEY_ID: key };
  });
});
