import type { ImageDecoder } from "@graft/core";
import { MAX_PIXELS } from "@graft/core/node";
import sharp from "sharp";
import { expect, test, vi } from "vitest";

/** The decoder as a thread of its own gets it: its module is read anew, libvips' state stays the process's one. */
async function freshDecoder(): Promise<ImageDecoder> {
  vi.resetModules();
  const { nodeDecoder } = await import("@graft/core/node");
  return nodeDecoder;
}

const picture = () =>
  sharp({
    create: { width: 64, height: 48, channels: 3, background: "#306090" },
    limitInputPixels: MAX_PIXELS,
  });

test("good photos decode while other threads start to decode", async () => {
  const photos = await Promise.all([
    picture().jpeg().toBuffer(),
    picture().png().toBuffer(),
    picture().webp().toBuffer(),
  ]);
  const first = await freshDecoder();
  let starting = true;
  const failures: unknown[] = [];
  const decodeOn = async (bytes: Uint8Array): Promise<void> => {
    while (starting) await first.decode(bytes).catch((error) => failures.push(error));
  };
  const busy = [...photos, ...photos].map(decodeOn);
  for (let start = 0; start < 40; start++) {
    const other = await freshDecoder();
    await Promise.all(photos.map((bytes) => other.decode(bytes).catch((error) => failures.push(error))));
  }
  starting = false;
  await Promise.all(busy);
  expect(failures).toEqual([]);
});

test("no loader that is wanted is blocked at any moment", async () => {
  const formats = ["jpeg", "png", "webp", "gif", "tiff", "avif"] as const;
  const photos = await Promise.all(formats.map((format) => picture().toFormat(format).toBuffer()));
  // without the second step of "block all, unblock some", its moment in between goes on
  const unblock = vi.spyOn(sharp, "unblock").mockImplementation(() => {});
  try {
    const decoder = await freshDecoder();
    for (const bytes of photos) expect(await decoder.decode(bytes)).toMatchObject({ width: 64, height: 48 });
  } finally {
    unblock.mockRestore();
    sharp.unblock({ operation: ["VipsForeignLoad"] });
  }
});
