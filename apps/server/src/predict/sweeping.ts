/** Collections of V8 at moments that it does not know: what is worth one here lies outside its heap. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as z from "zod";

/** What may be collected: all, or what is young. */
type Collect = (options?: { readonly type: "minor" }) => void;

let known: Collect | undefined;

function collector(): Collect {
  if (known) return known;
  setFlagsFromString("--expose-gc");
  const found = runInNewContext("gc");
  known = z.custom<Collect>((value) => typeof value === "function").parse(found);
  return known;
}

/** Lets go of what a model was read from at once: hundreds of megabytes that V8 does not see as its own. */
export function memorySweeper(): () => void {
  const collect = collector();
  return () => collect();
}

/** Of pictures' files, between two collections of what is young; five times as much gathers on their way. */
const PICTURE_BYTES = 5e5;

/**
 * Frees what pictures that were answered leave behind: their bytes, copies of these on their way through sockets, pixels. V8 lets
 * such buffers gather while its young heap has room, counts them as the old one's growth, and after 8 MB of them marks everything
 * there is, on all cores: about once a second at 50 pictures a second, and those under way wait for 10 to 40 ms. A collection of
 * what is young takes 0.5 ms.
 */
export class PictureSweep {
  readonly #collect = collector();
  #left = 0;

  answered(pictures: readonly Uint8Array[]): void {
    this.#left += pictures.reduce((sum, { length }) => sum + length, 0);
    if (this.#left < PICTURE_BYTES) return;
    this.#left = 0;
    this.#collect({ type: "minor" });
  }
}
