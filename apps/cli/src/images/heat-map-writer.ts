import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { CoreError } from "@graft/core";
import { isDiskFull, makeFolder, writeRefusal, writeWhole } from "@graft/core/node";

/**
 * Writes heat maps into one folder: photo.jpg → photo.heatmap.png, a second photo.jpg or a Photo.jpg →
 * photo.heatmap-2.png, Photo.heatmap-2.png.
 */
export class HeatMapWriter {
  readonly #folder: string;
  readonly #force: boolean;
  readonly #distinctName = distinctNames();

  /** @param force heat maps of an earlier time may be replaced. */
  constructor(folder: string, force: boolean) {
    this.#folder = folder;
    this.#force = force;
  }

  /**
   * @param image path of the picture.
   * @param make gives the PNG; not called where it cannot be written.
   * @returns the path of the PNG.
   * @throws CoreError `conflict` for one that is there, `bad-input` for a folder that cannot be written.
   */
  async write(image: string, make: () => Promise<Uint8Array>): Promise<string> {
    const path = join(this.#folder, this.#nameOf(image));
    if (!this.#force && existsSync(path)) {
      throw new CoreError("conflict", {
        what: "There is already a heat map of that name.",
        received: path,
        fix: "Choose another folder for --heatmap, or add --force to replace it.",
      });
    }
    const png = await make();
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
