import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImagePool } from "@graft/core";
import { createImagePool } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goldenArray } from "../parity/golden.ts";
import { sharedPath } from "../shared.ts";

const photos = sharedPath("data/cats-dogs/train");
const RULE = { version: 1, size: 150, fit: "stretch", resize: "bilinear" } as const;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.skipIf(photos === undefined)("the parity photos (needs ../shared/data)", () => {
  let pool: ImagePool;
  beforeAll(() => {
    pool = createImagePool({ threads: 1 });
  });
  afterAll(() => pool.close());

  test("decode, resize and cross the worker with Pillow's bytes", async () => {
    const images = goldenArray("images").data;
    const length = 150 * 150 * 3;
    const classes = ["cats", "dogs"].map((name) => {
      const folder = join(photos ?? "", name);
      return readdirSync(folder)
        .sort()
        .slice(0, 20)
        .map((file) => join(folder, file));
    });
    const paths = Array.from({ length: 40 }, (_, at) => classes[at % 2]?.[Math.floor(at / 2)] ?? "");
    const prepared = await Promise.all(
      paths.map(async (path) => {
        const hash = sha256(readFileSync(path));
        const [pixels] = await pool.prepare({ path, hash }, RULE, null, [0]);
        return pixels ?? new Uint8Array();
      }),
    );
    for (const [at, pixels] of prepared.entries()) {
      const expected = Uint8Array.from(images.subarray(at * length, (at + 1) * length), Number);
      expect(sha256(pixels), paths[at]).toBe(sha256(expected));
    }
    expect(prepared).toHaveLength(40);
  });
});
