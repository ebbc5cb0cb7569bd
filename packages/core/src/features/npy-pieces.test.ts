import { describe, expect, it } from "vitest";
import { parseNpy } from "./npy.ts";
import { npyBytes, npyPieces } from "./npy-pieces.ts";
import type { FeatureTable } from "./types.ts";

/** Rows that say where they are; wide ones come a few at a time. */
function table(numRows: number, rowShape: readonly number[]) {
  const width = rowShape.reduce((product, side) => product * side, 1);
  const asked: number[] = [];
  const rows: FeatureTable = {
    ...{ numRows, rowShape },
    async read(positions, out) {
      asked.push(positions.length);
      for (const [i, position] of positions.entries())
        for (let at = 0; at < width; at++) out[i * width + at] = position * width + at;
    },
  };
  return { rows, asked, width };
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new Uint8Array(Buffer.concat(all));
}

describe("a table as .npy", () => {
  it.each([
    [150, [3], 64],
    [5, [17, 17, 1536], 2],
    [0, [3], 0],
  ])("of %i rows of %j has every number, and of its length", async (numRows, rowShape, atOnce) => {
    const { rows, asked, width } = table(numRows, rowShape);
    const bytes = await joined(npyPieces(rows));
    expect(bytes.length).toBe(npyBytes(rows));
    const { shape, data } = parseNpy(bytes);
    expect(shape).toEqual([numRows, ...rowShape]);
    expect(data.every((value, at) => value === at)).toBe(true);
    expect(data.length).toBe(numRows * width);
    expect(Math.max(0, ...asked)).toBe(atOnce);
  });

  it("gives any range of its bytes, and reads no row that is not in it", async () => {
    const { rows, asked } = table(150, [3]);
    const whole = await joined(npyPieces(rows));
    const header = whole.length - 150 * 12;
    for (const [start, length] of [
      ...[[0, 1] as const, [0, header] as const, [10, header] as const, [header - 1, 2] as const],
      ...[[header + 12 * 64, 12] as const, [header + 700, 901] as const, [whole.length - 1, 1] as const],
    ])
      expect(await joined(npyPieces(rows, { start, length }))).toEqual(whole.slice(start, start + length));
    asked.length = 0;
    await joined(npyPieces(rows, { start: header + 12 * 70 + 5, length: 12 }));
    expect(asked).toEqual([2]);
    asked.length = 0;
    await joined(npyPieces(rows, { start: 0, length: header }));
    expect(asked).toEqual([]);
  });
});
