import type { Part } from "../types.ts";

/** What a folder's name says of its part. */
const PART_WORDS = new Map<string, Part>([
  ["train", "train"],
  ["training", "train"],
  ["trainset", "train"],
  ["validation", "validation"],
  ["val", "validation"],
  ["valid", "validation"],
  ["dev", "validation"],
  ["eval", "validation"],
  ["evaluation", "validation"],
  ["test", "test"],
  ["testing", "test"],
  ["testset", "test"],
]);

/** What stands beside a part's word and changes nothing: training_set, seg_train, train_images. */
const FILLERS = new Set(
  "set sets data dataset datasets images image imgs img photos pictures pics seg folder split files samples".split(
    " ",
  ),
);

/** What a folder is called that only holds images, whatever they show. */
const CONTAINERS = new Set(
  "all archive batch chunk data dataset files fold folder group image images img imgs input inputs jpeg jpegs jpg jpgs part photo photos pic pics picture pictures png pngs raw set shard split subset".split(
    " ",
  ),
);

/** What a folder is called that holds pictures about the photos, one for each. */
const MASKS = new Set(
  "annotation annotations groundtruth gt label labels mask masks segmentation segmentations trimap trimaps".split(
    " ",
  ),
);

/** "SegTrain_v2" → ["seg", "train", "v", "2"]; numbers are words of their own. */
function wordsOf(name: string): readonly string[] {
  const spaced = name.normalize("NFKC").replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  return spaced.toLowerCase().match(/\p{L}+|\p{N}+/gu) ?? [];
}

const isNumber = (word: string): boolean => /^\p{N}+$/u.test(word);

/** The part that a folder of this name is and nothing else: train, val, training_set, seg_train, Test Images, val2017. */
export function partOf(name: string): Part | undefined {
  const words = wordsOf(name).filter((word) => !isNumber(word));
  const parts = words.flatMap((word) => PART_WORDS.get(word) ?? []);
  const [part] = parts;
  if (part === undefined || new Set(parts).size > 1) return undefined;
  return words.every((word) => PART_WORDS.has(word) || FILLERS.has(word)) ? part : undefined;
}

/** True for a part's bare name (train, val, Test), of which nobody needs to be told. */
export const isPlainPart = (name: string): boolean => PART_WORDS.has(name.toLowerCase());

/** The part that a name speaks of beside other words: cats_train, trainA. */
export function spokenPart(name: string): Part | undefined {
  const parts = new Set(wordsOf(name).flatMap((word) => PART_WORDS.get(word) ?? []));
  const [part] = parts;
  return parts.size === 1 ? part : undefined;
}

/** A name that says nothing of what the images show: images, photos, part_2, images_001. */
export function isContainer(name: string): boolean {
  const words = wordsOf(name);
  return (
    words.some((word) => CONTAINERS.has(word)) &&
    words.every((word) => CONTAINERS.has(word) || isNumber(word))
  );
}

/** A name of masks and nothing else: masks, image_masks, trimaps, train_labels. "with_mask" is a class. */
export function isMaskName(name: string): boolean {
  const words = wordsOf(name);
  const isMask = (word: string, at: number): boolean =>
    MASKS.has(word) || (word === "truth" && words[at - 1] === "ground");
  const mayStand = (word: string): boolean =>
    word === "ground" || FILLERS.has(word) || PART_WORDS.has(word) || isNumber(word);
  return words.some(isMask) && words.every((word, at) => isMask(word, at) || mayStand(word));
}

/** "2019", "2024-05-01": names of times, under which the same class is often sorted once more. */
export const isTime = (name: string): boolean =>
  /^(19|20)\d\d([-_. ]?[01]?\d([-_. ]?[0-3]?\d)?)?$/.test(name);
