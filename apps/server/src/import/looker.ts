import { open } from "node:fs/promises";
import { CoreError, type ImagePool, type InspectedFile, pixelsInHeader } from "@graft/core";
import { PixelGate } from "../predict/pixel-gate.ts";
import type { LookJournal } from "./look-journal.ts";

/** Long side of a small picture. */
export const THUMBNAIL_PIXELS = 256;

/** Decoded at once: with 16-bit numbers and alpha, 8 bytes a pixel, and copies of them. */
const MOST_PIXELS = 120e6;
/** Of a file whose header does not say it. */
const UNKNOWN_PIXELS = 24e6;
const HEAD_BYTES = 64 * 1024;

export interface LookerOptions {
  readonly pool: ImagePool;
  readonly journal: LookJournal;
  readonly lost: readonly { readonly location: string; readonly code: string; readonly reason: string }[];
  /** Told which files are under way, so that one with which the process ends is known. */
  readonly onBegun: (location: string) => void;
  readonly onEnded: (location: string) => void;
}

async function headOf(location: string): Promise<Uint8Array> {
  const file = await open(location);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Looks at files and makes small pictures of them, within bounds of memory. */
export class Looker {
  readonly #options: LookerOptions;
  readonly #gate = new PixelGate(MOST_PIXELS);
  readonly #lost: ReadonlyMap<string, CoreError>;

  constructor(options: LookerOptions) {
    this.#options = options;
    this.#lost = new Map(
      options.lost.map(({ location, code, reason }) => [
        location,
        new CoreError(code === "limit" ? "limit" : "corrupt", { what: reason }),
      ]),
    );
  }

  /** @throws CoreError as `ImagePool.inspect`; what is known of a lost one. */
  async look(location: string): Promise<InspectedFile> {
    const lost = this.#lost.get(location);
    if (lost !== undefined) throw lost;
    const known = this.#options.journal.get(location);
    if (known !== undefined) return known;
    const pixels = pixelsInHeader(await headOf(location)) ?? UNKNOWN_PIXELS;
    return this.#gate.pass(pixels, () => this.#inspect(location));
  }

  async #inspect(location: string): Promise<InspectedFile> {
    const { pool, journal, onBegun, onEnded } = this.#options;
    onBegun(location);
    try {
      const picture = await pool.inspectWithThumbnail(location, THUMBNAIL_PIXELS);
      onEnded(location);
      return journal.put(location, picture);
    } catch (error) {
      // a thread that ended over a file may have ended over another one: who asked looks at each alone
      if (error instanceof CoreError && error.code === "backend") throw new ThreadEnded(error);
      onEnded(location);
      throw error;
    }
  }
}

/** No error of one file: the reading ends with it. */
export class ThreadEnded extends Error {
  override name = "ThreadEnded";

  constructor(cause: CoreError) {
    super(cause.message, { cause });
  }
}
