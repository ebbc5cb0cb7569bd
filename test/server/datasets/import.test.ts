import { afterAll, beforeAll, expect, test } from "vitest";
import { picture } from "../../dataset/workplace.ts";
import { type OpenedDatasets, openDatasets } from "./open-datasets.ts";

let opened: OpenedDatasets;
beforeAll(async () => {
  opened = await openDatasets();
});
afterAll(() => opened[Symbol.asyncDispose]());

test("a folder of two classes becomes a data set", async () => {
  const caller = await opened.person();
  const { dataset } = await opened.services.datasets.create(caller, {
    name: "pets",
    classes: [],
    known: null,
  });
  const files = Object.fromEntries(
    await Promise.all(
      ["cats", "dogs"].flatMap((label, of) =>
        [0, 1, 2].map(async (at) => [`${label}/${at}.png`, await picture(of * 10 + at)] as const),
      ),
    ),
  );
  const upload = await opened.bring(caller, dataset.id, files);
  expect(upload).toMatchObject({ state: "done", result: { added: 6, same: 0, unsorted: 0 } });
});
