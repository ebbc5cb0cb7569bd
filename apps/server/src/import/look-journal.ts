import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InspectedFile, InspectedPicture } from "@graft/core";

/** Names of what a reading keeps in its folder. */
const JOURNAL = "looked-at.jsonl";
const THUMBNAILS = "thumbnails";

/** Where the small picture of a file with this hash lies. */
export const thumbnailPath = (folder: string, hash: string): string =>
  join(folder, THUMBNAILS, `${hash}.webp`);

/** What was found of files that were looked at, so that a process that goes on where another ended looks at none again. */
export class LookJournal {
  readonly #folder: string;
  readonly #known = new Map<string, InspectedFile>();

  /** @param folder exists. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, THUMBNAILS), { recursive: true });
    const path = join(folder, JOURNAL);
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      try {
        const [location, file]: [string, InspectedFile] = JSON.parse(line);
        this.#known.set(location, file);
      } catch {
        // the line at which the process ended
      }
    }
    // what is written next does not join such a line
    appendFileSync(path, "\n");
  }

  get(location: string): InspectedFile | undefined {
    return this.#known.get(location);
  }

  /** @param picture its small picture is there before its line is. */
  put(location: string, { thumbnail, ...file }: InspectedPicture): InspectedFile {
    writeFileSync(thumbnailPath(this.#folder, file.hash), thumbnail);
    appendFileSync(join(this.#folder, JOURNAL), `${JSON.stringify([location, file])}\n`);
    this.#known.set(location, file);
    return file;
  }
}
