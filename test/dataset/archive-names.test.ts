// Names in archives that are not UTF-8, or have backslashes between folders.
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openArchive } from "../../packages/core/src/dataset/archive-store-node.ts";
import { paxEntry, type RawTarEntry, rawTarOf } from "./raw-tar.ts";
import { tarOf } from "./tar-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { type ZipEntry, zipOf } from "./zip-writer.ts";

let place: Workplace;
let one: Buffer;
let two: Buffer;
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  one = await picture(1);
  two = await picture(2);
});
afterAll(() => place.close());

/** What an archive lists, and what it says of its names; opened twice, so that what is kept says the same. */
async function listed(bytes: Uint8Array, kind: "zip" | "tar") {
  const name = `set${++count}.${kind}`;
  await place.write("names", { [name]: bytes });
  const path = place.path(join("names", name));
  const open = async () => {
    const { files, notes = [], lease } = await openArchive({ path, kind }, place.home, {});
    await lease[Symbol.asyncDispose]();
    return { paths: files.map((file) => file.path), notes: notes.map(({ message }) => message) };
  };
  const first = await open();
  expect(await open()).toEqual(first);
  return { name, ...first };
}

const bytesOf = (hex: string, rest: string): Buffer =>
  Buffer.concat([Buffer.from(hex, "hex"), Buffer.from(rest)]);
/** 猫猫 and 狗狗 in GBK. */
const CATS = "c3a8c3a8";
const DOGS = "b9b7b9b7";

describe("zip names", () => {
  const pair = (first: ZipEntry["name"], second: ZipEntry["name"], more: Partial<ZipEntry> = {}) =>
    zipOf([
      { name: first, content: one, ...more },
      { name: second, content: two, ...more },
    ]);

  test("that are no UTF-8 are read as CP437, and one is named", async () => {
    const { name, paths, notes } = await listed(pair("plain/1.png", bytesOf(DOGS, "/1.png")), "zip");
    expect(paths).toEqual(["plain/1.png", "╣╖╣╖/1.png"]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`names in ${name} are not UTF-8; graft reads them as CP437: ╣╖╣╖ (`);
  });

  test("that are no UTF-8 though their flag says so are told apart, and told", async () => {
    const zip = pair(bytesOf("b9b7", "/1.png"), bytesOf("b9b8", "/1.png"), { flags: 0x800 });
    const { paths, notes } = await listed(zip, "zip");
    expect(paths).toEqual(["╣╕/1.png", "╣╖/1.png"]);
    expect(notes).toHaveLength(1);
  });

  test("in UTF-8 without the flag are read so, a byte order mark too", async () => {
    const zip = pair(Buffer.from("Äpfel/1.png"), Buffer.from("\ufeff猫/1.png"));
    expect(await listed(zip, "zip")).toMatchObject({ paths: ["Äpfel/1.png", "\ufeff猫/1.png"], notes: [] });
  });

  const unicodePath = (name: string, raw: Uint8Array, crc = crc32(raw)): Buffer => {
    const data = Buffer.concat([Buffer.alloc(5), Buffer.from(name)]);
    data.writeUInt8(1);
    data.writeUInt32LE(crc, 1);
    const head = Buffer.alloc(4);
    head.writeUInt16LE(0x7075);
    head.writeUInt16LE(data.length, 2);
    return Buffer.concat([head, data]);
  };

  test("of Info-ZIP's field count, where it belongs to the name beside it", async () => {
    const [cats, dogs] = [bytesOf(CATS, "/1.png"), bytesOf(DOGS, "/1.png")];
    const told = [
      { name: cats, content: one, extra: unicodePath("猫猫/1.png", cats) },
      { name: dogs, content: two, extra: unicodePath("狗狗/1.png", dogs) },
      // what a program wrote that had no letters for it: two classes of one name, but for the field
      {
        name: Buffer.from("__/2.png"),
        content: one,
        extra: unicodePath("狗狗/2.png", Buffer.from("__/2.png")),
      },
    ];
    expect(await listed(zipOf(told), "zip")).toMatchObject({
      paths: ["狗狗/1.png", "狗狗/2.png", "猫猫/1.png"],
      notes: [],
    });
    const renamed = { name: "b/1.png", content: one, extra: unicodePath("a/1.png", Buffer.from("c/1.png")) };
    expect((await listed(zipOf([renamed]), "zip")).paths).toEqual(["b/1.png"]);
  });

  test("of the field are judged like others", async () => {
    const raw = Buffer.from("a/1.png");
    const zip = zipOf([{ name: raw, content: one, extra: unicodePath("../1.png", raw) }]);
    await expect(listed(zip, "zip")).rejects.toMatchObject({ code: "bad-input" });
  });

  test("of junk are not told", async () => {
    const zip = zipOf([
      { name: "a/1.png", content: one },
      { name: bytesOf("", "__MACOSX/a/._\xb9.png"), content: one },
      { name: Buffer.from("__MACOSX/\xb9.png", "latin1"), content: one },
    ]);
    expect(await listed(zip, "zip")).toMatchObject({ paths: ["a/1.png"], notes: [] });
  });

  test("with backslashes of a Windows program have folders", async () => {
    const zip = zipOf(
      ["set\\", "set\\cats\\1.png", "set\\dogs/1.png"].map((name, at) => ({
        name,
        ...(at > 0 ? { content: one } : {}),
        host: 0,
      })),
    );
    expect((await listed(zip, "zip")).paths).toEqual(["set/cats/1.png", "set/dogs/1.png"]);
  });

  test("with backslashes alone have folders, whoever packed them; beside a slash they are letters on Unix", async () => {
    const { paths } = await listed(pair("cats\\1.png", "dogs/a\\b.png"), "zip");
    expect(paths).toEqual(["cats/1.png", "dogs/a\\b.png"]);
  });

  test("in Shift_JIS, whose signs may end in a backslash's byte, are not torn", async () => {
    // ソ is 83 5c
    const zip = zipOf([{ name: bytesOf("835c", "/1.png"), content: one, host: 0 }]);
    expect((await listed(zip, "zip")).paths).toEqual(["â\\/1.png"]);
  });

  test.each(["..\\x.png", "a\\..\\..\\x.png", "C:\\x.png", "\\\\host\\x.png", "\\x.png"])(
    "such as %j stay refused, whoever packed them",
    async (name) => {
      for (const host of [0, 3])
        await expect(listed(zipOf([{ name, content: one, host }]), "zip")).rejects.toMatchObject({
          code: "bad-input",
        });
    },
  );
});

describe("tar names", () => {
  const foreign = (rest: string): Buffer => bytesOf(DOGS, rest);

  test("that are no UTF-8 are shown by their bytes, and one is named", async () => {
    const { name, paths, notes } = await listed(
      rawTarOf([
        { name: "a/1.png", content: one },
        { name: foreign("/1.png"), content: two, magic: "gnu" },
        { name: foreign("/2.png"), flag: "1", link: foreign("/1.png") },
        { name: foreign(".png"), content: two },
      ]),
      "tar",
    );
    const shown = "\\xb9\\xb7\\xb9\\xb7";
    expect(paths).toEqual([`${shown}/1.png`, `${shown}/2.png`, `${shown}.png`, "a/1.png"]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`names in ${name} are not UTF-8; graft shows their bytes: ${shown} (`);
  });

  test.each([
    ["BINARY", { hdrcharset: "BINARY" }],
    ["no word of it", {}],
  ])("in a pax record whose letters are not UTF-8 (%s) lose no byte", async (_, more) => {
    const entry = (name: Buffer): RawTarEntry[] => [
      paxEntry({ ...more, path: name }),
      { name: "short", content: one, magic: "ustar" },
    ];
    const tar = rawTarOf([...entry(bytesOf("b9b7", "/1.png")), ...entry(bytesOf("b9b8", "/1.png"))]);
    expect((await listed(tar, "tar")).paths).toEqual(["\\xb9\\xb7/1.png", "\\xb9\\xb8/1.png"]);
  });

  test("in UTF-8 are read so, whatever the records say of their letters", async () => {
    const tar = rawTarOf([
      paxEntry({ hdrcharset: "BINARY", path: "猫/1.png" }),
      { name: "short", content: one, magic: "ustar" },
      { name: "Äpfel/1.png", content: two },
    ]);
    expect(await listed(tar, "tar")).toMatchObject({ paths: ["Äpfel/1.png", "猫/1.png"], notes: [] });
  });

  test("may have backslashes as letters; where there is no slash, they stand between folders", async () => {
    const tar = await tarOf([
      { name: "a/b\\c.png", content: one },
      { name: "d\\e.png", content: two },
    ]);
    expect((await listed(tar, "tar")).paths).toEqual(["a/b\\c.png", "d/e.png"]);
  });
});
