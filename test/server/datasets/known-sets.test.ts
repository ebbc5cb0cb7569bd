import { drawSplit } from "@graft/core";
import { createImagePool, openDataset } from "@graft/core/node";
import { expect, test } from "vitest";
import { openDatasets } from "./open-datasets.ts";

test("a known set comes by its name, as the command line has it; styles of one emoji are on one side", async () => {
  await using opened = await openDatasets();
  const caller = await opened.person();
  const made = await opened.services.datasets.create(caller, { name: "Emoji", classes: [], known: "emoji" });
  const { id } = made.dataset;
  const upload = await opened.imported(made.upload?.id ?? "");
  expect(upload).toMatchObject({ state: "done", error: null, result: { same: 0, unsorted: 0 } });
  const frozen = await opened.services.datasets.freeze(id);
  const pool = createImagePool({ threads: 2 });
  try {
    const { dataset } = await openDataset("emoji", {
      ...{ home: opened.home, env: {}, fetch: async () => new Response() },
      inspect: (path) => pool.inspect(path),
    });
    expect(frozen.dataset.labels).toEqual(["animal", "food", "transport"]);
    expect(frozen.dataset.images).toEqual(dataset.images);
    const { seed, fraction } = frozen.split;
    expect(frozen.split).toEqual(drawSplit(dataset, { seed, fraction }));
    expect(upload.result?.added).toBe(dataset.images.length);
  } finally {
    await pool.close();
  }
});
