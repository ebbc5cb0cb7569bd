import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { ImagePool } from "@graft/core";
import {
  CoreError,
  featureShape,
  GradCam,
  type ImageRule,
  type Model,
  overlayHeat,
  type PredictionWithFeatures,
} from "@graft/core";
import { encodeImage, isDiskFull, makeFolder, writeRefusal, writeWhole } from "@graft/core/node";

/** Longest side of a heat map in pixels. */
const SIDE = 512;

/**
 * Writes heat maps into one folder: photo.jpg → photo.heatmap.png, a second photo.jpg or a Photo.jpg →
 * photo.heatmap-2.png, Photo.heatmap-2.png.
 */
export class HeatMapWriter {
  readonly #folder: string;
  readonly #rule: ImageRule;
  readonly #gradCam: GradCam;
  readonly #pool: ImagePool;
  readonly #force: boolean;
  readonly #distinctName = distinctNames();

  /** @param options.force heat maps of an earlier time may be replaced. */
  constructor(
    folder: string,
    options: { readonly model: Model; readonly pool: ImagePool; readonly force: boolean },
  ) {
    this.#folder = folder;
    const { manifest, head: values } = options.model;
    const { head, cut, rule } = manifest;
    this.#rule = rule;
    this.#gradCam = new GradCam({ head, values, shape: featureShape(cut, rule.size) });
    this.#pool = options.pool;
    this.#force = options.force;
  }

  /**
   * @returns the path of the PNG, in the picture's own proportions where the model saw it stretched.
   * @throws CoreError `conflict` for one that is there, `bad-input` for a folder that cannot be written.
   */
  async write(
    file: { readonly path: string; readonly hash: string },
    seen: PredictionWithFeatures,
  ): Promise<string> {
    const path = join(this.#folder, this.#nameOf(file.path));
    if (!this.#force && existsSync(path)) {
      throw new CoreError("conflict", {
        what: "There is a heat map of that name already.",
        received: path,
        fix: "Choose another folder for --heatmap, or add --force to replace it.",
      });
    }
    // by the model's own rule but for the size: the map lies over just what the model saw
    const [data] = await this.#pool.prepare(file, { ...this.#rule, size: SIDE }, null, [0]);
    if (data === undefined) throw new TypeError("the pool gives one image for each variant");
    const map = this.#gradCam.map(seen.features, seen.prediction.label);
    const heat = overlayHeat({ width: SIDE, height: SIDE, data }, map);
    const png = await encodeImage(heat, { format: "png", size: await this.#sizeOf(file.path) });
    try {
      await makeFolder(this.#folder);
      await writeWhole(path, png);
    } catch (cause) {
      const what = `The heat map cannot be written: ${writeRefusal(path, cause)}.`;
      const fix = "Choose a folder for --heatmap that you may write to.";
      throw new CoreError(isDiskFull(cause) ? "disk-full" : "bad-input", { what, fix }, { cause });
    }
    return path;
  }

  #nameOf(path: string): string {
    const stem = basename(path, extname(path));
    return this.#distinctName((copy) => `${stem}.heatmap${copy === 1 ? "" : `-${copy}`}.png`);
  }

  async #sizeOf(path: string): Promise<{ readonly width: number; readonly height: number }> {
    if (this.#rule.fit !== "stretch") return { width: SIDE, height: SIDE };
    const { width, height } = (await this.#pool.inspect(path)).facts;
    const scale = SIDE / Math.max(width, height);
    return {
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
    };
  }
}

/**
 * Gives file names that are distinct on every disk, also on one that takes "A.png" for "a.png" or "é" for "e" with its accent
 * (Windows, macOS): the first as it is wanted, others counted.
 * @param nameOf the name of the copy of that number, which counts from 1.
 */
export function distinctNames(): (nameOf: (copy: number) => string) => string {
  const taken = new Set<string>();
  return (nameOf) => {
    for (let copy = 1; ; copy++) {
      const name = nameOf(copy);
      // letters whose capital is two letters ("ß") are none twice
      const key = name.normalize("NFC").toUpperCase().toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      return name;
    }
  };
}
