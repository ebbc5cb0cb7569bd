import { SETTING, SIDES, SIDES_ALONE, WITHIN_WORDS } from "./mirrored-words.ts";

/** Two classes whose names say that the one is what a mirror makes of the other. */
export interface MirroredClasses {
  readonly labels: readonly [string, string];
  /** Of letters such as b and d: true only if the pictures show them. */
  readonly areLetters: boolean;
}

/** So many classes that are single letters are an alphabet: its l and r are no sides, its b and d are letters. */
const ALPHABET = 8;
/** Fewer classes a, b, c, d … in a row from a are numbered with letters, and show none. */
const FEWEST_LETTERS = 20;
/** A small b is a mirrored d; a large B is none. */
const SMALL_LETTERS = /^[bdpq]$/;

const keyOf = (a: string, b: string): string => `${a} ${b}`;
const both = (pairs: typeof SIDES): ReadonlySet<string> =>
  new Set(pairs.flatMap(([a, b]) => [keyOf(a, b), keyOf(b, a)]));
const ANYWHERE = both(SIDES);
const ALONE = both(SIDES_ALONE);
const IS_SIDE = new Set(SIDES.flat());

/** Each word that has a mirrored one → one word for it and all that it is a mirror of. */
const FAMILY = new Map<string, string>();
for (const [a, b] of [...SIDES, ...SIDES_ALONE]) {
  const family = FAMILY.get(a) ?? FAMILY.get(b) ?? a;
  FAMILY.set(a, family).set(b, family);
}

const WITHIN = new RegExp(`(${WITHIN_WORDS.join("|")})`, "gu");

/** "TurnLeft_2" → turn, left, 2; signs are words of their own. */
function wordsOf(label: string): readonly string[] {
  const apart = label.normalize("NFC").replace(/(\p{Ll})(?=\p{Lu})/gu, "$1 ");
  const words = apart.match(/[\p{L}\p{M}]+|\p{N}+|[^\s_\-.,\p{L}\p{M}\p{N}]/gu) ?? [];
  return words
    .map((word) => (SMALL_LETTERS.test(word.toLowerCase()) ? word : word.toLowerCase()))
    .join(" ")
    .replace(/\b(counter|anti) clockwise\b/gu, "$1clockwise")
    .replace(WITHIN, " $1 ")
    .split(" ")
    .filter((word) => word !== "");
}

/** Every word the same or mirrored; a side that stays the same on both would be mirrored too. */
function areMirrored(a: readonly string[], b: readonly string[]): boolean {
  const pairs = a.map((word, i) => [word, b[i] ?? ""] as const);
  const [same, other] = [pairs.filter(([x, y]) => x === y), pairs.filter(([x, y]) => x !== y)];
  if (other.length === 0 || same.some(([word]) => IS_SIDE.has(word) && word.length > 2)) return false;
  const isSet = same.every(([word]) => SETTING.has(word) || /^\p{N}+$/u.test(word));
  return other.every(([x, y]) => ANYWHERE.has(keyOf(x, y)) || (isSet && ALONE.has(keyOf(x, y))));
}

/** What single letters stand for among all classes of one form (b, d; letter_b, letter_d). */
function lettersSay(letter: string, letters: ReadonlySet<string>): boolean {
  if (letter === "l" || letter === "r") return letters.size < ALPHABET;
  if (letter === "e" || letter === "w")
    return letters.size < ALPHABET && letters.has("n") && letters.has("s");
  const inARow = [...letters].sort().every((each, i) => each === String.fromCodePoint(0x61 + i));
  return !inARow || letters.size >= FEWEST_LETTERS;
}

/** The pairs of classes that a horizontal flip turns into each other, as far as their names tell; in the order of the labels. */
export function mirroredClasses(labels: readonly string[]): readonly MirroredClasses[] {
  const named = labels.map((label) => ({ label, words: wordsOf(label) }));
  const families = new Map<string, (typeof named)[number][]>();
  /** Single letters by the form of the label that they stand in. */
  const letters = new Map<string, Set<string>>();
  for (const each of named) {
    const key = each.words.map((word) => FAMILY.get(word) ?? word).join(" ");
    families.set(key, [...(families.get(key) ?? []), each]);
    for (const letter of each.words.filter((word) => /^[a-z]$/i.test(word))) {
      const form = formOf(each.words, letter);
      letters.set(form, (letters.get(form) ?? new Set()).add(letter));
    }
  }
  return [...families.values()].flatMap((family) =>
    family.flatMap((first, i) =>
      family.slice(i + 1).flatMap((second): MirroredClasses[] => {
        if (!areMirrored(first.words, second.words)) return [];
        const at = first.words.findIndex((word, place) => word !== second.words[place]);
        const letter = first.words[at] ?? "";
        const ofForm = letters.get(formOf(first.words, letter));
        if (ofForm && /^[a-z]$/.test(letter) && !lettersSay(letter, ofForm)) return [];
        return [{ labels: [first.label, second.label], areLetters: SMALL_LETTERS.test(letter) }];
      }),
    ),
  );
}

const formOf = (words: readonly string[], letter: string): string =>
  words.map((word) => (word === letter ? "?" : word)).join(" ");
