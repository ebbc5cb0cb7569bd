import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "@graft/core";
import { readingNotes } from "@graft/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeTiff } from "../image/tiff-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

const SIDE = 24;
const numbers = (seed: number): number[] =>
  Array.from({ length: SIDE * SIDE }, (_, i) => ((i * (seed + 3)) ^ (i >> 3)) % 256);
const ppm = (seed: number): Buffer => {
  const pixels = numbers(seed).flatMap((value) => [value, 255 - value, 90]);
  return Buffer.concat([Buffer.from(`P6\n# made by hand\n${SIDE} ${SIDE}\n255\n`), Buffer.from(pixels)]);
};
const tiff = (seed: number, rest: Partial<Parameters<typeof writeTiff>[0]> = {}): Uint8Array =>
  writeTiff({
    ...{ width: SIDE, height: SIDE, bands: 1, photometric: 1 },
    ...{ data: Uint16Array.from(numbers(seed), (value) => value * 16), ...rest },
  });
/** A camera's preview with the sensor's numbers in a directory of its own. */
const raw = (seed: number): Uint8Array =>
  tiff(seed, {
    ...{ bands: 3, photometric: 2, data: Uint8Array.from(numbers(seed).flatMap((v) => [v, v, 0])) },
    ...{ tags: { 254: [1] }, subDirectory: { 254: [0], 262: [32_803] } },
  });

async function files(): Promise<Record<string, Uint8Array>> {
  return {
    "stop/0.png": await picture(1),
    "stop/1.ppm": ppm(1),
    "stop/2.PPM": ppm(2),
    "stop/3.tif": tiff(3),
    "stop/DSC_0.NEF": raw(4),
    "stop/no-ending": raw(5),
    "yield/0.png": await picture(2),
    "yield/1.ppm": ppm(6).subarray(0, 900),
    "yield/2.tga": Buffer.from("\0\0\x02\0 no mark of its own"),
    "yield/3.psd": Buffer.from("8BPS\0\x01"),
    "yield/4.tif": tiff(7),
    "yield/notes.txt": Buffer.from("P6 is the name of a format"),
  };
}

function expectRead({ images, broken, skipped }: Dataset): void {
  expect(images.map(({ path, facts }) => `${path} ${facts.format}`)).toEqual([
    ...["stop/0.png png", "stop/1.ppm ppm", "stop/2.PPM ppm", "stop/3.tif tiff"],
    ...["yield/0.png png", "yield/4.tif tiff"],
  ]);
  expect(broken.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
    "stop/DSC_0.NEF: graft cannot read a camera's RAW file: export it as JPEG or TIFF.",
    "stop/no-ending: graft cannot read a camera's RAW file: export it as JPEG or TIFF.",
    expect.stringMatching(/^yield\/1\.ppm: The Netpbm image is damaged: it is cut off\./),
    "yield/2.tga: graft cannot read a .tga picture: save it as PNG.",
    "yield/3.psd: graft cannot read a Photoshop file: export it as PNG.",
  ]);
  expect(skipped).toEqual([{ path: "yield/notes.txt", reason: "not an image" }]);
  expect(readingNotes(images).map(({ message }) => message)).toEqual([
    "2 images use 12 of their 16 bits: they are read as 12-bit pictures (for example stop/3.tif)",
  ]);
}

describe("every file that looks like a picture is read, or broken with a reason", () => {
  test("in a folder", async () => {
    expectRead((await place.open(await place.write("formats", await files()))).dataset);
  });

  test("in a zip, and in one that an earlier graft had unpacked without them", async () => {
    const zip = zipOf(Object.entries(await files()).map(([name, content]) => ({ name, content })));
    await place.write("zips", { "formats.zip": zip });
    const path = join(place.path("zips"), "formats.zip");
    expectRead((await place.open(path)).dataset);

    const [id = ""] = await place.unpacked();
    const manifest = join(place.home, "cache", "archives", id, "manifest.json");
    const text = await readFile(manifest, "utf8");
    const { files: stored, ...rest } = JSON.parse(text);
    const passed = stored.filter((file: { path: string }) => /ppm$/i.test(file.path));
    const kept = stored.filter((file: { path: string }) => !passed.includes(file));
    await writeFile(manifest, JSON.stringify({ ...rest, version: 1, files: kept }));
    expectRead((await place.open(path)).dataset);
  });
});

test("what is inspected is what is prepared", async () => {
  const folder = await place.write("same", { "a/0.tif": tiff(1), "b/0.ppm": ppm(1) });
  const { dataset, source } = await place.open(folder);
  const rule = { version: 1, size: SIDE, fit: "stretch", resize: "bilinear" } as const;
  for (const image of dataset.images) {
    const [pixels] = await place.pool.prepare(
      { path: source.pathOf(image), hash: image.hash },
      rule,
      null,
      [0],
    );
    const expected =
      image.label === 0 ? numbers(1).flatMap((v) => [v, v, v]) : [...ppm(1).subarray(-SIDE * SIDE * 3)];
    expect([...(pixels ?? [])]).toEqual(expected);
  }
});
