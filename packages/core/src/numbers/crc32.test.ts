import { crc32 as ofZlib } from "node:zlib";
import { expect, it } from "vitest";
import { crc32 } from "./crc32.ts";
import { createRandom } from "./random.ts";

it("is zlib's, for every length and place in a buffer", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  const random = createRandom("crc");
  const bytes = Uint8Array.from({ length: 100 }, () => Math.floor(random() * 256));
  for (let start = 0; start < 10; start++)
    for (let end = start; end < 100; end++) {
      const some = bytes.subarray(start, end);
      expect(crc32(some)).toBe(ofZlib(some));
    }
});
