// A data set by its names and tables, for who looks at its pictures elsewhere: the classes of openDataset without a look at one.
import { writeFile } from "node:fs/promises";
import { listDataset } from "@graft/core/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

const list = (name: string, labelsFrom?: string) => listDataset(name, { home: place.home, labelsFrom });

async function pictures(...names: readonly string[]): Promise<Record<string, Buffer>> {
  return Object.fromEntries(
    await Promise.all(names.map(async (name, at) => [name, await picture(at)] as const)),
  );
}

test("has the files and classes of openDataset, of a folder as of an archive of it", async () => {
  const files = await pictures("set/cats/1.png", "set/cats/2.png", "set/dogs/1.png", "set/dogs/2.png");
  const folder = await place.write("pets", { ...files, "set/cats/.DS_Store": "x" });
  const zip = `${folder}.zip`;
  await writeFile(zip, zipOf(Object.entries(files).map(([name, content]) => ({ name, content }))));
  for (const name of [folder, zip]) {
    const { dataset } = await place.open(name);
    await using listed = await list(name);
    const known = listed.files.map(({ path }) => [path, listed.labelOf?.(path)]);
    expect(known).toEqual(dataset.images.map(({ path, label }) => [path, dataset.labels[label]]));
  }
});

test("tells no class where a training would refuse the folders, and refuses labels that are not there", async () => {
  const unclear = await place.write(
    "unclear",
    await pictures("mon/cats/1.png", "mon/dogs/2.png", "tue/cats/3.png", "tue/dogs/4.png"),
  );
  await expect(place.open(unclear)).rejects.toMatchObject({ code: "bad-input" });
  await using listed = await list(unclear);
  expect([listed.files.length, listed.labelOf]).toEqual([4, undefined]);
  await using inner = await list(unclear, "inner-folders");
  expect(inner.labelOf?.("tue/dogs/4.png")).toBe("dogs");
  await expect(list(unclear, `${unclear}/nothing.csv`)).rejects.toMatchObject({ code: "not-found" });
});

test("brings a table that lies elsewhere under a name that is free, and one inside under its own", async () => {
  const table = "file,breed\n1.png,tabby\n2.png,siamese\n";
  const folder = await place.write("cats", {
    ...(await pictures("a/1.png", "b/2.png")),
    "labels.csv": table,
  });
  const elsewhere = await place.write("tables", { "labels.csv": "file,breed\n1.png,grey\n2.png,black\n" });
  await using outside = await list(folder, `${elsewhere}/labels.csv:breed`);
  expect(outside.labelsFrom).toEqual({ type: "file", path: "labels 2.csv", column: "breed" });
  expect(outside.files.find(({ path }) => path === "labels 2.csv")?.location).toBe(`${elsewhere}/labels.csv`);
  expect(outside.labelOf?.("a/1.png")).toBe("grey");
  await using inside = await list(folder, "labels.csv:breed");
  expect(inside.labelsFrom).toEqual({ type: "file", path: "labels.csv", column: "breed" });
  expect([inside.files.length, inside.labelOf?.("b/2.png")]).toEqual([3, "siamese"]);
});
