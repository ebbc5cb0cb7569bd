import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkOutsideDataset } from "./outside-dataset.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-outside-"));
  await mkdir(join(root, "data", "cats"), { recursive: true });
  await symlink(join(root, "data"), join(root, "link"), "junction");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const checked = (out: string, dataset = "data") => checkOutsideDataset(join(root, out), join(root, dataset));

it.each([
  ["below it", "data/model", "data"],
  ["the folder itself", "data", "data"],
  ["in a class", "data/cats/model", "data"],
  ["behind a folder that is yet to be made", "data/models/new/one", "data"],
  ["reached by a link", "link/model", "data"],
  ["of a data set that is reached by a link", "data/model", "link"],
])("refuses a model in the data set: %s", async (_, out, dataset) => {
  await expect(checked(out, dataset)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/inside the data set's folder/),
  });
});

it.each(["model", "data-model", "..data/model"])("takes one beside it: %s", async (out) => {
  await checked(out);
  await checkOutsideDataset(relative(process.cwd(), join(root, out)), join(root, "data"));
});

it("has nothing against any place for what is no folder", async () => {
  await checked("data/model", "emoji");
});
