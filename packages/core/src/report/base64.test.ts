import { describe, expect, it } from "vitest";
import { testRandom } from "../testing/random.ts";
import { base64 } from "./base64.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("base64", () => {
  it("gives the vectors of RFC 4648", () => {
    const vectors = { "": "", f: "Zg==", fo: "Zm8=", foo: "Zm9v", foob: "Zm9vYg==", foobar: "Zm9vYmFy" };
    for (const [text, encoded] of Object.entries(vectors)) expect(base64(bytesOf(text))).toBe(encoded);
  });

  it("is read back by another decoder, over the ends of its pieces", () => {
    const random = testRandom(1);
    for (const length of [3 * 4096 - 1, 3 * 4096, 3 * 4096 + 1, 40_001]) {
      const bytes = Uint8Array.from({ length }, () => random.int(0, 255));
      expect(Uint8Array.from(atob(base64(bytes)), (letter) => letter.charCodeAt(0))).toEqual(bytes);
    }
  });
});
