import type { RgbImage } from "../image/types.ts";
import type { HeatMap } from "./grad-cam.ts";

/** The colour covers this much of the picture where the map is hottest; nothing where it is 0. */
const MOST_COVER = 0.65;

/**
 * Coefficients of 1, x, x² … x⁵ for red, green and blue: the polynomial form of the Turbo colour map (A. Mikhailov, Google,
 * 2019, Apache 2.0; polynomial by R. Du), blue at 0 over green to red at 1.
 */
const TURBO = [
  [0.13572138, 4.6153926, -42.66032258, 132.13108234, -152.94239396, 59.28637943],
  [0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604],
  [0.1066733, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973],
] as const;

/** @param heat in [0, 1]. @returns red, green and blue in [0, 255]. */
export function turboColor(heat: number): readonly [number, number, number] {
  const channel = (coefficients: readonly number[]): number => {
    const value = coefficients.reduceRight((sum, coefficient) => sum * heat + coefficient, 0);
    return 255 * Math.min(1, Math.max(0, value));
  };
  return [channel(TURBO[0]), channel(TURBO[1]), channel(TURBO[2])];
}

/** Where between two cells of the map pixel `at` of `pixels` lies: both stretch over the same length, centres to centres. */
function cellsAt(at: number, pixels: number, cells: number): readonly [number, number, number] {
  const place = Math.min(cells - 1, Math.max(0, ((at + 0.5) * cells) / pixels - 0.5));
  const low = Math.floor(place);
  return [low, Math.min(cells - 1, low + 1), place - low];
}

/** The map at every pixel of an image, between its cells linear, scaled so that its largest cell is 1. */
export function heatOfPixels(map: HeatMap, width: number, height: number): Float64Array {
  const largest = map.data.reduce((a, b) => Math.max(a, b), 0);
  const heat = new Float64Array(width * height);
  if (largest === 0) return heat;
  const cell = (row: number, column: number): number => (map.data[row * map.width + column] ?? 0) / largest;
  for (let y = 0; y < height; y++) {
    const [top, bottom, down] = cellsAt(y, height, map.height);
    for (let x = 0; x < width; x++) {
      const [left, right, across] = cellsAt(x, width, map.width);
      const upper = cell(top, left) * (1 - across) + cell(top, right) * across;
      const lower = cell(bottom, left) * (1 - across) + cell(bottom, right) * across;
      heat[y * width + x] = upper * (1 - down) + lower * down;
    }
  }
  return heat;
}

/** A heat map laid over the picture that it was made of: hot places coloured, cold ones as they are. */
export function overlayHeat(image: RgbImage, map: HeatMap): RgbImage {
  const { width, height } = image;
  const heat = heatOfPixels(map, width, height);
  const data = Uint8Array.from(image.data);
  for (const [pixel, value] of heat.entries()) {
    const cover = MOST_COVER * value;
    for (const [channel, color] of turboColor(value).entries()) {
      const at = 3 * pixel + channel;
      data[at] = Math.round((data[at] ?? 0) * (1 - cover) + color * cover);
    }
  }
  return { width, height, data };
}
