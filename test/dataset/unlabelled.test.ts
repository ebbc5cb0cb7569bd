import { basename } from "node:path";
import { openUnlabelled } from "@graft/core/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openWorkplace, picture } from "./workplace.ts";

let place: Awaited<ReturnType<typeof openWorkplace>>;
let pictures: readonly Buffer[];
beforeAll(async () => {
  place = await openWorkplace();
  pictures = await Promise.all([0, 1, 2].map(picture));
});
afterAll(() => place.close());

const opened = (path: string) => openUnlabelled(path, { inspect: (file) => place.pool.inspect(file) });
const [a, b] = ["a.png", "b.png"];

it.each([
  ["a flat folder", { [a]: 0, [b]: 1 }, [a, b]],
  ["one class", { [`cats/${a}`]: 0, [`cats/${b}`]: 1 }, [`cats/${a}`, `cats/${b}`]],
  ["one folder beside loose images", { [a]: 0, [`more/${b}`]: 1 }, [a, `more/${b}`]],
  ["a training side of one class", { [`train/cats/${a}`]: 0 }, [`train/cats/${a}`]],
  ["folders without images beside", { [a]: 0, "notes/x.txt": "x", "tables/y.csv": "y" }, [a]],
])("takes %s as images without classes", async (name, files, paths) => {
  const content = Object.entries(files).map(([path, file]) => [
    path,
    typeof file === "number" ? (pictures[file] ?? "") : file,
  ]);
  const found = await opened(await place.write(name, Object.fromEntries(content)));
  expect(found?.images.map(({ path }) => path)).toEqual(paths);
  expect(found?.isUnclear).toBe(false);
  for (const image of found?.images ?? []) {
    expect(image.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(basename(found?.pathOf(image) ?? "")).toBe(basename(image.path));
  }
});

it("says of folders that are not clearly classes that they are not", async () => {
  const folder = await place.write("unclear", {
    ...{ "phone/cat/1.png": pictures[0] ?? "", "phone/dog/1.png": pictures[1] ?? "" },
    ...{ "mirror/cat/1.png": pictures[2] ?? "", "mirror/dog/1.png": pictures[1] ?? "" },
  });
  expect(await opened(folder)).toMatchObject({ isUnclear: true });
});

it("leaves what has two classes, a known set, an archive and nothing at all to others", async () => {
  const two = await place.write("two", {
    "cats/c.png": pictures[0] ?? "",
    "dogs/c.png": pictures[1] ?? "",
  });
  const zip = await place.write("zip", { "x.zip": "PK\u0003\u0004" });
  for (const name of [two, "emoji", `${zip}/x.zip`, `${zip}/none`])
    expect(await opened(name)).toBeUndefined();
});

it("takes one file, and says why another is none", async () => {
  const folder = await place.write("files", { [a]: pictures[0] ?? "", "letter.jpg": "Dear reader" });
  expect((await opened(`${folder}/${a}`))?.images).toMatchObject([{ path: a }]);
  await expect(opened(`${folder}/letter.jpg`)).rejects.toThrow(/holds no usable image\. letter\.jpg: /);
  expect((await opened(folder))?.broken).toMatchObject([{ path: "letter.jpg" }]);
});

it("refuses a folder that holds no image", async () => {
  const folder = await place.write("none", { "notes.txt": "x" });
  await expect(opened(folder)).rejects.toMatchObject({ code: "bad-input" });
});
