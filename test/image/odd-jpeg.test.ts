import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";

// pictures of golden/decode, whose pixels decode-golden.test.ts holds against Pillow's
const read = (file: string): Buffer => readFileSync(resolve(import.meta.dirname, "golden/decode", file));
const readingsOf = async (bytes: Uint8Array) => (await nodeDecoder.inspect(bytes)).readings ?? [];

test.each([
  "stray-bytes.jpg",
  "stray-bytes-cmyk.jpg",
  "jfif-0.01.jpg",
  "scan-to-0.jpg",
  "bytes-before-eoi.jpg",
])("%s lost nothing, and nothing is said", async (file) => {
  const bytes = read(file);
  const before = Buffer.from(bytes);
  expect(await readingsOf(bytes)).toEqual([]);
  expect(before.equals(bytes)).toBe(true);
});

test.each(["lost-restart.jpg", "wrong-restart.jpg", "cut-and-closed.jpg"])(
  "%s is damaged inside, and it is said",
  async (file) => expect(await readingsOf(read(file))).toEqual(["damaged-jpeg"]),
);

test("an odd header hides no damage behind it", async () => {
  const bytes = read("cut-and-closed.jpg");
  bytes[11] = 0; // JFIF 0.01
  expect(await readingsOf(bytes)).toEqual(["damaged-jpeg"]);
});

test("a file that ends before its picture does is refused at whatever place it ends", async () => {
  for (const file of ["subsampled.jpg", "progressive.jpg", "stray-bytes.jpg", "grey.jpg"]) {
    const bytes = read(file);
    for (let length = 40; length < bytes.length - 1; length += 23)
      await expect(nodeDecoder.decode(bytes.subarray(0, length)), `${file}, ${length}`).rejects.toMatchObject(
        {
          code: "corrupt",
        },
      );
  }
});
