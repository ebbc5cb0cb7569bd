import type { ImageDecoder } from "@graft/core";
import sharp from "sharp";
import { expect, test, vi } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";

/** The decoder as a thread that starts gets it: its module is read anew, libvips' state is the process's one. */
async function freshDecoder(): Promise<ImageDecoder> {
  vi.resetModules();
  return (await import("../../packages/core/src/image/decode-node.ts")).nodeDecoder;
}

const picture = () => sharp({ create: { width: 64, height: 48, channels: 3, background: "#306090" } });

test("a thread that starts never blocks a wanted loader, while others may be decoding", async () => {
  const formats = ["jpeg", "png", "webp", "gif", "tiff", "avif"] as const;
  const photos = await Promise.all(formats.map((format) => picture().toFormat(format).toBuffer()));
  // were all loaders blocked and some of them unblocked then, what lies between would go on here
  const unblock = vi.spyOn(sharp, "unblock").mockImplementation(() => {});
  try {
    const decoder = await freshDecoder();
    for (const bytes of photos) expect(await decoder.decode(bytes)).toMatchObject({ width: 64, height: 48 });
  } finally {
    unblock.mockRestore();
  }
});

test("libvips itself refuses a drawing, were one to reach it", async () => {
  const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
  sharp.unblock({ operation: ["VipsForeignLoadSvg"] });
  expect(await sharp(drawing).metadata()).toMatchObject({ format: "svg" });
  const decoder = await freshDecoder();
  await decoder.decode(await picture().png().toBuffer());
  await expect(sharp(drawing).metadata()).rejects.toThrow(/unsupported image format/);
});

test("every loader of this libvips is either wanted or refused by name", async () => {
  await nodeDecoder.decode(await picture().png().toBuffer());
  // one more here means that a new libvips reads more: add it to REFUSED_LOADERS in decode-node.ts, or support it
  const readable = Object.entries(sharp.format).filter(([, { input }]) => input.buffer || input.file);
  expect(readable.map(([name]) => name).sort()).toEqual(
    ["jpeg", "png", "webp", "gif", "tiff", "heif", ...["svg", "vips", "raw"]].sort(),
  );
});
