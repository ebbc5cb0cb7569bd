import { drawSplit } from "@graft/core";
import { expect, test } from "vitest";
import { openWorkplace, picture } from "../../dataset/workplace.ts";
import { zipOf } from "../../dataset/zip-writer.ts";
import { describeOnStores } from "../open-store.ts";
import { bundledReader } from "./bundled-reader.ts";
import { openDatasets } from "./open-datasets.ts";
import { noise } from "./pictures.ts";

const program = await bundledReader();

// PGlite with a folder of blobs, PostgreSQL with an S3 store, whose blobs are no files of this machine
describeOnStores("uploads", (_open, kind) => {
  test("a zip, then loose files of a large class and a broken one, are what a folder of them is", async () => {
    await using opened = await openDatasets({ kind, program });
    const place = await openWorkplace();
    try {
      const caller = await opened.person();
      const { dataset } = await opened.services.datasets.create(caller, {
        name: "pets",
        classes: [],
        known: null,
      });
      const { id } = dataset;
      const first = await noise(["cats", "dogs"], 6);
      const zip = zipOf(Object.entries(first).map(([name, content]) => ({ name, content })));
      expect((await opened.bring(caller, id, { "pets.zip": zip })).result).toMatchObject({ added: 12 });
      const folder = await place.open(await place.write("pets", first));
      const frozen = await opened.services.datasets.freeze(id);
      expect(frozen.dataset.images).toEqual(folder.dataset.images);
      const { seed, fraction } = frozen.split;
      expect(frozen.split).toEqual(drawSplit(folder.dataset, { seed, fraction }));
      const second = {
        ...(await noise(["cats"], 6, 50)),
        "cats/cut.png": (await picture(99)).subarray(0, 90),
      };
      const upload = await opened.bring(caller, id, { ...second, ...first });
      expect(upload).toMatchObject({ state: "done", result: { added: 6, same: 12, broken: { count: 1 } } });
      for (const { hash, thumbnail } of await opened.images(id))
        for (const each of [hash, thumbnail])
          if (each !== null) expect(await opened.blobs.head(each)).toBeDefined();
      await opened.services.datasets.delete(caller, id);
      for await (const page of opened.blobs.list()) expect(page).toEqual([]);
    } finally {
      await place.close();
    }
  });
});
