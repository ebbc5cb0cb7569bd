import { tooMany } from "../edge/edge-error.ts";

/** Streams that are open: a few for each token, and not too many in all. */
export class OpenStreams {
  readonly #perToken = new Map<string, number>();
  readonly #limits: { readonly streams: number; readonly streamsPerToken: number };
  #total = 0;

  constructor(limits: { readonly streams: number; readonly streamsPerToken: number }) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Counts one more. @param token its id; "" for nobody in particular. @returns what gives it back.
   * @throws EdgeError 429
   */
  open(token: string): () => void {
    const own = this.#perToken.get(token) ?? 0;
    const { streams, streamsPerToken } = this.#limits;
    if (this.#total >= streams) throw tooMany("The server has too many streams open.", 30);
    if (own >= streamsPerToken) throw tooMany("This token has too many streams open.", 30);
    this.#total++;
    this.#perToken.set(token, own + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#total--;
      const left = (this.#perToken.get(token) ?? 1) - 1;
      if (left === 0) this.#perToken.delete(token);
      else this.#perToken.set(token, left);
    };
  }
}
