import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join, resolve } from "node:path";
import { drawSplit } from "@graft/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

const EMOJI = resolve(import.meta.dirname, "../../packages/core/assets/emoji");

let place: Workplace;
let server: Server;
let mirror: string;
let served: Buffer;
let requests: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    response.writeHead(200, { "content-length": served.length }).end(served);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  mirror = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/sets` : "";
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  requests = [];
  place = await openWorkplace();
  return () => place.close();
});

async function catsAndDogs(labels: readonly string[]): Promise<Buffer> {
  const names = ["train", "validation"].flatMap((part) => labels.map((label) => `${part}/${label}/1.png`));
  const entries = await Promise.all(
    names.map(async (name, seed) => ({
      name: `cats_and_dogs_filtered/${name}`,
      content: await picture(seed),
    })),
  );
  return zipOf(entries);
}

const openCatsAndDogs = (onProgress?: (progress: { done: number; total: number; unit: string }) => void) =>
  place.open("cats-and-dogs", { env: { GRAFT_DATASETS_MIRROR: mirror }, fetch, onProgress });
const cached = (): string => join(place.home, "datasets", "cats_and_dogs_filtered.zip");

test("cats-and-dogs is downloaded once from the mirror, with progress, and cached", async () => {
  served = await catsAndDogs(["cats", "dogs"]);
  const bytes: number[] = [];
  const { dataset } = await openCatsAndDogs(({ done, unit }) => {
    if (unit === "bytes") bytes.push(done);
  });
  expect([dataset.labels, dataset.presplit, dataset.images.length]).toEqual([["cats", "dogs"], true, 4]);
  expect(requests).toEqual(["/sets/cats_and_dogs_filtered.zip"]);
  expect(bytes).toContain(served.length);
  expect((await openCatsAndDogs()).dataset).toEqual(dataset);
  expect(requests).toHaveLength(1);
});

test("a damaged or wrong cats-and-dogs is refused and not kept", async () => {
  served = await catsAndDogs(["cats", "dogs"]);
  served = served.subarray(0, served.length - 30);
  await expect(openCatsAndDogs()).rejects.toMatchObject({
    code: "corrupt",
    message: expect.stringMatching(/cats_and_dogs_filtered\.zip: The zip.*It was removed/),
  });
  expect(existsSync(cached())).toBe(false);
  served = await catsAndDogs(["horses", "humans"]);
  await expect(openCatsAndDogs()).rejects.toMatchObject({ code: "corrupt" });
  expect(existsSync(cached())).toBe(false);
  served = await catsAndDogs(["cats", "dogs"]);
  expect((await openCatsAndDogs()).dataset.images).toHaveLength(4);
});

test("a damaged cats-and-dogs that cannot be fetched again stays", async () => {
  await rm(join(place.home, "datasets"), { recursive: true, force: true });
  await mkdir(join(place.home, "datasets"), { recursive: true });
  await writeFile(cached(), "no zip");
  await expect(place.open("cats-and-dogs", { env: { GRAFT_OFFLINE: "1" } })).rejects.toMatchObject({
    code: "corrupt",
    message: expect.stringMatching(/cats_and_dogs_filtered\.zip: The zip/),
  });
  expect(existsSync(cached())).toBe(true);
});

const isBuilt = existsSync(EMOJI);
test.skipIf(!isBuilt)(
  `emoji: three classes in two styles, styles of one emoji on one side${isBuilt ? "" : " (skipped: npm run build makes it)"}`,
  async () => {
    const { dataset } = await place.open("emoji");
    expect(dataset.notes).toEqual([]);
    expect(dataset.labels).toEqual(["animal", "food", "transport"]);
    expect(dataset.broken).toEqual([]);
    for (const label of dataset.labels.keys()) {
      const images = dataset.images.filter((image) => image.label === label);
      expect(images.length).toBeGreaterThan(100);
      expect(new Set(images.map(({ group }) => group)).size * 2).toBe(images.length);
    }
    for (const { facts, bytes } of dataset.images) {
      expect(facts).toMatchObject({ width: 150, height: 150 });
      expect(bytes).toBeLessThan(20_000);
    }
    const split = drawSplit(dataset, { seed: 3, fraction: 0.2 });
    const held = new Set(split.validation);
    const sides = new Map<string, boolean>();
    for (const { group = "", hash } of dataset.images) {
      expect(sides.get(group) ?? held.has(hash)).toBe(held.has(hash));
      sides.set(group, held.has(hash));
    }
    expect(await readFile(join(EMOJI, "LICENSE.txt"), "utf8")).toMatch(
      /Microsoft[\s\S]*Twemoji[\s\S]*CC-BY 4\.0/,
    );
  },
);
