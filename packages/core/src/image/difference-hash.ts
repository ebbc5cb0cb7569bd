import type { RgbImage } from "./types.ts";

const COLUMNS = 9;
const ROWS = 8;
/** At most about this many samples along a cell's side: more changes no bit that matters, and every image is hashed. */
const SAMPLES = 16;

/** Mean brightness (Rec. 601 weights) of each cell of a 9 × 8 grid. */
function cellBrightness({ width, height, data }: RgbImage): Float64Array {
  const cells = new Float64Array(COLUMNS * ROWS);
  const stepX = Math.max(1, Math.floor(width / COLUMNS / SAMPLES));
  const stepY = Math.max(1, Math.floor(height / ROWS / SAMPLES));
  for (let row = 0; row < ROWS; row++) {
    const top = Math.floor((row * height) / ROWS);
    const bottom = Math.max(top + 1, Math.floor(((row + 1) * height) / ROWS));
    for (let column = 0; column < COLUMNS; column++) {
      const left = Math.floor((column * width) / COLUMNS);
      const right = Math.max(left + 1, Math.floor(((column + 1) * width) / COLUMNS));
      let sum = 0;
      let count = 0;
      for (let y = top; y < bottom; y += stepY) {
        for (let x = left; x < right; x += stepX) {
          const at = (y * width + x) * 3;
          sum += 299 * (data[at] ?? 0) + 587 * (data[at + 1] ?? 0) + 114 * (data[at + 2] ?? 0);
          count++;
        }
      }
      cells[row * COLUMNS + column] = sum / count;
    }
  }
  return cells;
}

/**
 * 64-bit difference hash, 16 hex digits: bit by bit, whether a cell of a 9 × 8 grid is darker than its right neighbour.
 * Equal or a few bits apart for re-encoded and resized copies (http://www.hackerfactor.com/blog/?/archives/529).
 * A flat image hashes to zeros.
 */
export function differenceHash(image: RgbImage): string {
  const cells = cellBrightness(image);
  let hex = "";
  for (let row = 0; row < ROWS; row++) {
    let byte = 0;
    for (let column = 0; column < COLUMNS - 1; column++) {
      const at = row * COLUMNS + column;
      byte = (byte << 1) | ((cells[at] ?? 0) < (cells[at + 1] ?? 0) ? 1 : 0);
    }
    hex += byte.toString(16).padStart(2, "0");
  }
  return hex;
}
