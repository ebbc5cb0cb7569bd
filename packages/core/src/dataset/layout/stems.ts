/** "a/pet_12.tar.jpg" → "pet_12.tar" */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

/** "1.png" → ".png", in lower case; "" where there is none. */
export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot).toLowerCase() : "";
}

/**
 * True for names that tell pictures apart by more than a counter: "abyssinian_1" and "bombay_7", or "chair3a". Of "1", "2"
 * or "IMG_1", "IMG_2" two folders have the same by chance.
 */
export function areTelling(stems: readonly string[]): boolean {
  const words = new Set(stems.map((stem) => stem.replace(/\p{N}+/gu, "")));
  return words.size >= Math.max(2, stems.length / 4);
}
