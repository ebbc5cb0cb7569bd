import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FROM_SOURCES } from "../from-sources.ts";
import { tarOf } from "./tar-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

/** Unpacks half of the archive in a process of its own and kills that with SIGKILL. */
async function unpackHalf(archive: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [...FROM_SOURCES, join(import.meta.dirname, "unpack-child.ts"), archive, place.home],
    { cwd: resolve(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  const [said] = await Promise.race([once(child.stdout, "data"), ended]);
  expect(String(said)).toBe("half\n");
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
}

test.each(["zip", "tar.gz"])(
  "a process killed while it unpacks a %s leaves nothing half; the next open works",
  async (kind) => {
    const images = await Promise.all(Array.from({ length: 40 }, (_, seed) => picture(seed)));
    const entries = images.map((content, at) => ({ name: `${at % 2 === 0 ? "a" : "b"}/${at}.png`, content }));
    const bytes = kind === "zip" ? zipOf(entries) : gzipSync(await tarOf(entries));
    await place.write("archives", { [kind]: bytes });
    const archive = join(place.path("archives"), kind);
    const before = await place.unpacked();

    await unpackHalf(archive);
    const left = (await place.unpacked()).filter((name) => !before.includes(name));
    expect(left).toHaveLength(1);
    expect(left[0]).toMatch(/^\.unpacking-/);
    const files = await readdir(join(place.home, "cache", "archives", left[0] ?? "", "files"));
    expect(files.length).toBeLessThan(images.length);

    const { dataset, source } = await place.open(archive);
    expect(dataset.images).toHaveLength(images.length);
    for (const image of dataset.images) await source.read(image);
    expect((await place.unpacked()).filter((name) => name.startsWith("."))).toEqual([]);
  },
);
