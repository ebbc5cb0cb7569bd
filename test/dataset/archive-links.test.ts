// Links in archives mean what they mean in a folder (folders.test.ts): those that stay inside are followed.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawTarOf } from "./raw-tar.ts";
import { type TarEntry, tarOf } from "./tar-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
let pictures: Buffer[];
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  pictures = await Promise.all([1, 2, 3, 4].map(picture));
});
afterAll(() => place.close());

const content = (index: number): Buffer => pictures[index] ?? Buffer.alloc(0);
const hard = (name: string, linkname: string): TarEntry => ({ name, type: "link", linkname });
const soft = (name: string, linkname: string): TarEntry => ({ name, type: "symlink", linkname });
const file = (name: string, index: number): TarEntry => ({ name, content: content(index) });

/** What opens of it: the hash of each image by path, and the reasons of what is skipped. */
async function opened(bytes: Uint8Array) {
  await place.write("links", { [String(++count)]: bytes });
  const { dataset, source } = await place.open(place.path(join("links", String(count))));
  const folder = join(source.pathOf(dataset.images[0] ?? raise()), "..");
  return {
    hashes: Object.fromEntries(dataset.images.map(({ path, hash }) => [path, hash])),
    paths: dataset.images.map(({ path }) => path),
    skipped: Object.fromEntries(dataset.skipped.map(({ path, reason }) => [path, reason])),
    kept: await readdir(folder),
  };
}

function raise(): never {
  throw new Error("no image");
}

describe.each(["tar", "tar.gz"])("hard links in a %s", (kind) => {
  const open = async (entries: readonly TarEntry[]) => {
    const tar = await tarOf(entries);
    return opened(kind === "tar" ? tar : gzipSync(tar));
  };

  test("are their member, also one in a hidden folder, whose bytes are kept once", async () => {
    const { paths, hashes, skipped, kept } = await open([
      file("set/.cache/1.jpg", 0),
      file("set/.cache/none.jpg", 3),
      file("set/a/1.jpg", 1),
      file("set/b/1.jpg", 2),
      hard("set/a/new.jpg", "set/.cache/1.jpg"),
      hard("./set/b/again.jpg", "./set/b/1.jpg"),
    ]);
    expect(paths).toEqual(["set/a/1.jpg", "set/a/new.jpg", "set/b/1.jpg", "set/b/again.jpg"]);
    expect(hashes["set/b/again.jpg"]).toBe(hashes["set/b/1.jpg"]);
    expect(skipped).toEqual({ "set/.cache": "a hidden (dot) file" });
    expect(kept).toHaveLength(3);
  });

  test("are what their member was when they came: a later file of its name is another", async () => {
    const { hashes, skipped } = await open([
      file("a/1.jpg", 0),
      hard("a/2.jpg", "a/1.jpg"),
      file("a/1.jpg", 1),
      file("b/1.jpg", 2),
    ]);
    expect(hashes["a/2.jpg"]).not.toBe(hashes["a/1.jpg"]);
    expect(skipped).toEqual({ "a/1.jpg": "the archive holds it twice; graft uses the later one" });
  });

  test("that come before their member are taken; one without is skipped", async () => {
    const { paths, hashes, skipped } = await open([
      hard("a/1.jpg", "b/1.jpg"),
      hard("a/2.jpg", "a/1.jpg"),
      file("b/1.jpg", 0),
      file("a/3.jpg", 1),
      hard("a/gone.jpg", "c/gone.jpg"),
      hard("a/self.jpg", "a/self.jpg"),
      hard("a/out.jpg", "../out.jpg"),
    ]);
    expect(paths).toEqual(["a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg"]);
    expect(hashes["a/2.jpg"]).toBe(hashes["b/1.jpg"]);
    expect(skipped).toEqual({
      "a/gone.jpg": "a link to a file that is not in the archive",
      "a/self.jpg": "a link to a file that is not in the archive",
      "a/out.jpg": "a link that leads out of the archive",
    });
  });
});

test("a hard link that states its file's length hides nothing; one that brings its content is a file", async () => {
  const { paths } = await opened(
    rawTarOf([
      { name: "a/1.jpg", content: content(0) },
      { name: "a/2.jpg", flag: "1", link: "a/1.jpg", bytes: content(0).length },
      { name: "b/1.jpg", content: content(1) },
      { name: "b/2.jpg", flag: "1", link: "b/1.jpg", content: content(1), magic: "ustar" },
      { name: "b/3.jpg", content: content(2) },
    ]),
  );
  expect(paths).toEqual(["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg"]);
});

const LINKS = {
  "a/rel.jpg": "../b/1.jpg",
  "a/hidden.jpg": "../.store/x",
  "a/chain.jpg": "rel.jpg",
  "a/out.jpg": "../../b/1.jpg",
  "a/root.jpg": "/b/1.jpg",
  "a/drive.jpg": "C:/b/1.jpg",
  "a/gone.jpg": "2.jpg",
  "a/through.jpg": "1.jpg/2.jpg",
  "a/loop.jpg": "loop.jpg",
  "a/more": "../b",
  "b/up": "..",
  c: "b",
} as const;
const FILES = { "a/1.jpg": 0, "b/1.jpg": 1, "b/deep/2.jpg": 2, ".store/x": 3 } as const;

test.each(["tar", "zip"])("symbolic links inside a %s are followed as in a folder", async (kind) => {
  const bytes =
    kind === "tar"
      ? await tarOf([
          ...Object.entries(LINKS).map(([name, target]) => soft(name, target)),
          ...Object.entries(FILES).map(([name, index]) => file(name, index)),
        ])
      : zipOf([
          ...Object.entries(LINKS).map(([name, to]) => ({ name, content: Buffer.from(to), mode: 0o120777 })),
          ...Object.entries(FILES).map(([name, index]) => ({ name, content: content(index) })),
        ]);
  const { paths, hashes, skipped, kept } = await opened(bytes);
  expect(paths).toEqual([
    "a/1.jpg",
    "a/chain.jpg",
    "a/hidden.jpg",
    "a/more/1.jpg",
    "a/more/deep/2.jpg",
    "a/rel.jpg",
    "b/1.jpg",
    "b/deep/2.jpg",
  ]);
  expect(hashes["a/chain.jpg"]).toBe(hashes["b/1.jpg"]);
  expect(skipped).toEqual({
    ".store": "a hidden (dot) file",
    "a/out.jpg": "a link that leads out of the archive",
    "a/root.jpg": "a link that leads out of the archive",
    "a/drive.jpg": "a link that leads out of the archive",
    "a/gone.jpg": "a link that leads nowhere",
    "a/through.jpg": "a link that leads nowhere",
    "a/loop.jpg": "a link that leads to itself",
    "a/more/up": "a link to a folder that graft has already read",
    "b/up": "a link to a folder that graft has already read",
    c: "a link to a folder that graft has already read",
  });
  expect(kept).toHaveLength(4);
});

test("links to folders in folders may not multiply an archive", async () => {
  // 300 folders in one another, 7 things in each, and a link to each of them: 7 × 300 × 301 / 2 in all
  const entries: TarEntry[] = [file("a/1.jpg", 0), file("b/1.jpg", 1)];
  const depth = 300;
  let path = "a";
  for (let level = 0; level < depth; level++) {
    path += "/d";
    for (let at = 0; at < 6; at++) entries.push({ name: `${path}/${at}.txt` });
    entries.push(soft(`b/${level}`, `../${path}`));
  }
  const tar = await tarOf(entries);
  await place.write("links", { many: tar });
  await expect(place.open(place.path(join("links", "many")))).rejects.toMatchObject({ code: "limit" });
});
