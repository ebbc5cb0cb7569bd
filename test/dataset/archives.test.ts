import { createHash } from "node:crypto";
import { readdir, rm, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Dataset } from "@graft/core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TarEntry, tarOf } from "./tar-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { type ZipEntry, zipOf } from "./zip-writer.ts";

const MB = 2 ** 20;

let place: Workplace;
let one: Buffer;
let two: Buffer;
let pair: ZipEntry[];
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  one = await picture(1);
  two = await picture(2);
  pair = [
    { name: "a/1.png", content: one },
    { name: "b/1.png", content: two, method: "deflated" },
  ];
});
afterAll(() => place.close());

const paths = ({ images }: Dataset): string[] => images.map(({ path }) => path);

/** Writes the archive under a name that tells nothing, so that its first bytes must. */
async function archive(bytes: Uint8Array): Promise<string> {
  await place.write("archives", { [String(++count)]: bytes });
  return place.path(join("archives", String(count)));
}

/** The name in the cache: the content's hash, and the version of what is made of it. */
const folderOf = (bytes: Uint8Array): string => `${createHash("sha256").update(bytes).digest("hex")}-2`;

/** Opens an archive that must be refused, and checks that nothing of it is left anywhere. */
async function refusal(bytes: Uint8Array): Promise<unknown> {
  const path = await archive(bytes);
  const before = [await readdir(place.root), await place.unpacked()];
  const error: unknown = await place.open(path).catch((caught: unknown) => caught);
  expect([await readdir(place.root), await place.unpacked()]).toEqual(before);
  return error;
}

const tarPair = (): TarEntry[] => [
  { name: "wrap/a/1.png", content: one },
  { name: "wrap/b/1.png", content: two },
];

test("a zip is unpacked once, under its content, and found there afterwards", async () => {
  const bytes = zipOf([
    { name: "pets/", mode: 0o040755 },
    { name: "pets/a/", mode: 0o040755 },
    ...pair.map((entry) => ({ ...entry, name: `pets/${entry.name}` })),
    { name: "pets/a/.hidden", content: one },
    { name: "__MACOSX/a/._1.png", content: one },
    { name: "pets/a/link.png", content: Buffer.from("/etc/passwd"), mode: 0o120777 },
    { name: "pets/readme.txt", content: Buffer.from("about") },
  ]);
  const path = await archive(bytes);
  const progress: string[] = [];
  const opened = await place.open(path, {
    onProgress: ({ done, total, unit }) => progress.push(`${unit} ${done <= total}`),
  });
  expect(paths(opened.dataset)).toEqual(["pets/a/1.png", "pets/b/1.png"]);
  expect(opened.dataset.skipped).toEqual([
    { path: "__MACOSX", reason: "what macOS adds to archives" },
    { path: "pets/a/.hidden", reason: "a hidden (dot) file" },
    { path: "pets/a/link.png", reason: "a link that leads out of the archive" },
    { path: "pets/readme.txt", reason: "not in a class folder" },
  ]);
  expect(new Set(progress)).toEqual(new Set(["bytes true", "images true"]));
  expect(await place.unpacked()).toContain(folderOf(bytes));
  const [image] = opened.dataset.images;
  if (image === undefined) throw new Error("no image");
  expect(opened.source.pathOf(image).startsWith(join(place.home, "cache", "archives"))).toBe(true);
  expect(Buffer.from(await opened.source.read(image)).equals(one)).toBe(true);

  const units: string[] = [];
  const again = await place.open(path, { onProgress: ({ unit }) => units.push(unit) });
  expect(units).not.toContain("bytes");
  expect(again.dataset).toEqual(opened.dataset);
});

test("an unpacked archive that lost or changed a file is unpacked anew", async () => {
  const path = await archive(zipOf([...pair, { name: "a/2.png", content: await picture(3) }]));
  const first = await place.open(path);
  const [a, b] = first.dataset.images.map((image) => first.source.pathOf(image));
  await truncate(a ?? "", 10);
  expect((await place.open(path)).dataset).toEqual(first.dataset);
  await rm(b ?? "");
  expect((await place.open(path)).dataset).toEqual(first.dataset);
});

test.each(["tar", "tar.gz"])("a %s is read like a folder: wrapping folders, links", async (kind) => {
  const tar = await tarOf([
    ...tarPair(),
    { name: "wrap/b/2.png", type: "symlink", linkname: "/etc/passwd" },
    { name: "wrap/b/3.png", type: "link", linkname: "wrap/a/1.png" },
    { name: "wrap/b/4.png", type: "fifo" },
    { name: "wrap/b/Thumbs.db", content: one },
    { name: `wrap/b/${"long".repeat(60)}.png`, content: one },
  ]);
  const { dataset } = await place.open(await archive(kind === "tar" ? tar : gzipSync(tar)));
  expect(paths(dataset)).toEqual([
    "wrap/a/1.png",
    "wrap/b/1.png",
    "wrap/b/3.png",
    `wrap/b/${"long".repeat(60)}.png`,
  ]);
  expect(dataset.skipped).toEqual([
    { path: "wrap/b/2.png", reason: "a link that leads out of the archive" },
    { path: "wrap/b/4.png", reason: "neither a file nor a folder" },
    { path: "wrap/b/Thumbs.db", reason: "a thumbnail cache of Windows" },
  ]);
});

test("names that differ in case only, that Windows reserves, or that come twice do no harm", async () => {
  const { dataset } = await place.open(
    await archive(
      zipOf([
        ...["a/x.png", "a/X.PNG", "a/CON.png", "a/nul", "a/end. ", "B/AUX/1.png", "b/é|?*.png"].map(
          (name) => ({
            name,
            content: one,
          }),
        ),
        { name: "a/nul", content: two },
      ]),
    ),
  );
  expect(dataset.labels).toEqual(["B", "a", "b"]);
  expect(dataset.images).toHaveLength(7);
  expect(dataset.images.find(({ path }) => path === "a/nul")?.hash).toBe(
    createHash("sha256").update(two).digest("hex"),
  );
  expect(dataset.skipped).toEqual([
    { path: "a/nul", reason: "the archive holds it twice; graft uses the later one" },
  ]);
});

test.each(["zip", "tar"])(
  "of what is no image in a %s the name is kept and no byte written",
  async (kind) => {
    const others = [
      { name: "a/notes.txt", content: Buffer.from("text") },
      { name: "a/none.txt", content: Buffer.alloc(0) },
      { name: "about.txt", content: Buffer.from("text") },
      { name: "b/letter.jpg", content: Buffer.from("text, so it is broken") },
      // longer than what is read whole
      { name: "b/long.md", content: Buffer.alloc(3 * MB, "a long text, and no image, ") },
    ];
    const images = [
      { name: "a/1.png", content: one },
      { name: "b/1.png", content: two },
    ];
    const bytes = kind === "zip" ? zipOf([...images, ...others]) : await tarOf([...images, ...others]);
    const { dataset } = await place.open(await archive(bytes));
    expect(paths(dataset)).toEqual(["a/1.png", "b/1.png"]);
    expect(dataset.broken.map(({ path }) => path)).toEqual(["b/letter.jpg"]);
    expect(dataset.skipped).toEqual([
      { path: "a/none.txt", reason: "an empty file" },
      { path: "a/notes.txt", reason: "not an image" },
      { path: "about.txt", reason: "not in a class folder" },
      { path: "b/long.md", reason: "not an image" },
    ]);
    const unpacked = join(place.home, "cache", "archives", folderOf(bytes), "files");
    expect(await readdir(unpacked)).toHaveLength(3);
  },
);

test("a checksum counts for what is not written, too", async () => {
  for (const content of [Buffer.from("text"), Buffer.alloc(2 * MB, "text, text, text")]) {
    const wrong = { name: "a/notes.txt", content, crc: 1 };
    expect(await refusal(zipOf([...pair, wrong]))).toMatchObject({ code: "corrupt" });
  }
});

test.each(["stored", "deflated"] as const)(
  "a %s image of many megabytes is unpacked to the byte",
  async (method) => {
    const raw = { width: 1500, height: 1500, channels: 3 } as const;
    const data = Uint8Array.from({ length: 3 * 1500 * 1500 }, (_, at) => (at * 2654435761) >>> 24);
    const large = await sharp(data, { raw }).png({ compressionLevel: 0 }).toBuffer();
    expect(large.length).toBeGreaterThan(6 * MB);
    const opened = await place.open(
      await archive(
        zipOf([{ name: "a/large.png", content: large, method }, ...pair, { name: "b/2.png", content: one }]),
      ),
    );
    const image = opened.dataset.images.find(({ path }) => path === "a/large.png");
    expect(image?.hash).toBe(createHash("sha256").update(large).digest("hex"));
    expect(opened.dataset.images).toHaveLength(4);
  },
);

const ESCAPES = [
  "../evil.png",
  "a/../../evil.png",
  "/tmp/evil.png",
  "C:/evil.png",
  "c:evil.png",
  "..\\evil.png",
  "a\\..\\..\\evil.png",
  "\\\\host\\share\\evil.png",
  "a/evil.png\0.txt",
];
test.each(ESCAPES)("a zip with the entry %j is refused whole", async (name) => {
  expect(await refusal(zipOf([...pair, { name, content: one }]))).toMatchObject({ code: "bad-input" });
});
test.each(ESCAPES.filter((name) => !name.includes("\0")))(
  "a tar with the entry %j is refused whole",
  async (name) => {
    const tar = await tarOf([...tarPair(), { name, content: one }]);
    expect(await refusal(tar)).toMatchObject({ code: "bad-input" });
    expect(await refusal(gzipSync(tar))).toMatchObject({ code: "bad-input" });
  },
);

test("a link out of the archive and an entry through it write nothing outside", async () => {
  const outside = place.path("outside");
  const tar = await tarOf([
    { name: "a/door", type: "symlink", linkname: outside },
    { name: "a/door/evil.png", content: one },
    ...tarPair(),
    { name: "b/1.png", content: two },
  ]);
  await place.open(await archive(tar)).catch(() => undefined);
  await expect(readdir(outside)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a bomb of 1000 to 1 is refused by its directory, or while it comes", async () => {
  const zeros = Buffer.alloc(20 * MB);
  const zip = zipOf([...pair, { name: "a/2.png", content: zeros, method: "deflated" }]);
  expect(await refusal(zip)).toMatchObject({ code: "limit" });
  const tar = gzipSync(await tarOf([...tarPair(), { name: "a/2.png", content: zeros }]), { level: 9 });
  expect(await refusal(tar)).toMatchObject({ code: "limit" });
});

test("a zip whose directory lies about a size is refused", async () => {
  const zeros = Buffer.alloc(2 * MB);
  const lie = { name: "a/2.png", content: zeros, method: "deflated", uncompressedSize: 1000 } as const;
  expect(await refusal(zipOf([...pair, lie]))).toMatchObject({ code: "corrupt" });
  const huge = { name: "a/2.png", content: one, uncompressedSize: 2 ** 31, compressedSize: 2 ** 31 };
  expect(await refusal(zipOf([...pair, huge]))).toMatchObject({ code: "limit" });
});

test("a refusal names the archive's path", async () => {
  const zip = zipOf(pair);
  const tar = await tarOf(tarPair());
  for (const bytes of [zip.subarray(0, zip.length - 30), tar.subarray(0, tar.length - 1500)]) {
    const error = await refusal(bytes);
    expect(String(error)).toContain(`${place.path(join("archives", String(count)))}: The `);
    expect(error).toMatchObject({ code: "corrupt" });
  }
});

test.skipIf(process.platform === "win32")(
  "a home that cannot be made is named, with what to do",
  async () => {
    const path = await archive(zipOf(pair));
    const home = join(place.root, "dangling");
    await symlink(join(place.root, "none", "nowhere"), home);
    await expect(place.open(path, { home })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/dangling.* cannot be used.*(ENOENT|ENOTDIR).*`home`/),
    });
    await rm(home);
  },
);

test("a zip whose entries share bytes is refused", async () => {
  const error = await refusal(zipOf([...pair, { name: "a/2.png", content: one, sameBytesAs: 0 }]));
  expect(error).toMatchObject({ code: "bad-input" });
  expect(String(error)).toMatch(/"[^"]+" and "[^"]+" overlap/);
});

test("a zip with a wrong checksum, damaged data or an encrypted entry is refused", async () => {
  expect(await refusal(zipOf([...pair, { name: "a/2.png", content: one, crc: 1 }]))).toMatchObject({
    code: "corrupt",
  });
  const damaged = zipOf([...pair, { name: "a/2.png", content: two, method: "deflated" }]);
  damaged.fill(0xff, damaged.length - 400, damaged.length - 300);
  expect(await refusal(damaged)).toMatchObject({ code: "corrupt" });
  const encrypted = await refusal(
    zipOf([...pair, { name: "a/2.png", content: one, method: "deflated", flags: 1 }]),
  );
  expect(encrypted).toMatchObject({ code: "bad-input" });
  expect(String(encrypted)).toContain("encrypted");
  const strong = await refusal(zipOf([...pair, { name: "a/2.png", content: one, flags: 0x41 }]));
  expect(strong).toMatchObject({ code: "bad-input" });
});

test("an archive that is cut off anywhere is refused", async () => {
  const zip = zipOf(pair);
  for (const share of [0.3, 0.9, 0.999])
    expect(await refusal(zip.subarray(0, zip.length * share))).toMatchObject({ code: "corrupt" });
  const tar = await tarOf(tarPair());
  const betweenFiles = 512 + Math.ceil(one.length / 512) * 512;
  for (const length of [300, 1000, betweenFiles, betweenFiles + 512, tar.length - 1024])
    expect(await refusal(tar.subarray(0, length))).toMatchObject({ code: "corrupt" });
  const packed = gzipSync(tar);
  expect(await refusal(packed.subarray(0, packed.length - 20))).toMatchObject({ code: "corrupt" });
});

test("what is no archive of ours says so: a photo, a 7z, gzip of something else", async () => {
  expect(await refusal(one)).toMatchObject({ code: "bad-input" });
  expect(await refusal(Buffer.from("7z\xbc\xaf\x27\x1c rest", "latin1"))).toMatchObject({
    code: "unsupported",
  });
  expect(await refusal(gzipSync(Buffer.alloc(3000, "text")))).toMatchObject({ code: "corrupt" });
  expect(await refusal(Buffer.alloc(0))).toMatchObject({ code: "bad-input" });
});

test("an empty archive or one of a single class draws the expected tree", async () => {
  for (const bytes of [zipOf([]), await tarOf([{ name: "cats/1.png", content: one }])]) {
    const error: unknown = await place.open(await archive(bytes)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "bad-input" });
    expect(String(error)).toMatch(/Expected +Found/);
  }
});
