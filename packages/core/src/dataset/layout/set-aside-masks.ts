import { visibleText } from "../../visible-text.ts";
import { counted, verb } from "../count-words.ts";
import { isNamedLikeImage } from "../junk.ts";
import { isContainer, isMaskName } from "./folder-names.ts";
import { type FolderNode, imageFolders, imagesBelow } from "./folder-tree.ts";
import { pruneTree } from "./prune-tree.ts";
import { type View, withNote, withSkipped } from "./reading.ts";
import { areTelling, endingOf, stemOf } from "./stems.ts";

/** Share of the masks whose photo must be there. */
const MOST = 0.9;
/** Fewer files of one name are chance. */
const FEWEST = 3;

/** What a mask's name has behind its photo's: pet_1_mask, pet_1_mask_2, pet_1-seg. */
const SUFFIX = /[ _-]+(mask|seg|segmentation|trimap|gt|groundtruth|label|annotation)s?([ _-]*\d+)?$/i;
/** Behind a name in the same folder only words that nothing else than a mask has. */
const SUFFIX_BESIDE = /[ _-]+(mask|segmentation|trimap|groundtruth)s?([ _-]*\d+)?$/i;

/** A folder of masks and the folder of their photos. */
interface Pair {
  readonly masks: FolderNode;
  readonly photos: FolderNode;
  readonly shared: number;
  readonly total: number;
}

/** How well a folder's pictures go with a sibling's, or undefined where they are no pair. */
function pairOf(masks: FolderNode, photos: FolderNode): Pair | undefined {
  const stems = imagesBelow(masks).map((path) => stemOf(path).replace(SUFFIX, ""));
  const others = imagesBelow(photos);
  if (stems.length < FEWEST) return undefined;
  const names = new Set(others.map(stemOf));
  const shared = stems.filter((stem) => names.has(stem)).length;
  if (shared < MOST * stems.length) return undefined;
  const endings = new Set(others.map(endingOf));
  const hasOtherEnding = imagesBelow(masks).every((path) => !endings.has(endingOf(path)));
  // mask and no_mask are classes of faces, whatever their files are called
  const isClass = /mask/i.test(photos.name) && /mask/i.test(masks.name);
  const isClear = !isClass && (isContainer(photos.name) || hasOtherEnding || areTelling(stems));
  if (!isClear) return undefined;
  return { masks, photos, shared, total: stems.length };
}

/** Pairs at any depth: cats/images and cats/masks too. */
function findPairs(node: FolderNode): readonly Pair[] {
  const folders = imageFolders(node);
  const pairs = folders
    .filter(({ name }) => isMaskName(name))
    .flatMap((masks) => {
      const siblings = folders.filter(({ name }) => !isMaskName(name));
      return siblings.flatMap((photos) => pairOf(masks, photos) ?? []).slice(0, 1);
    });
  const taken = new Set(pairs.map(({ masks }) => masks));
  return [...pairs, ...folders.filter((folder) => !taken.has(folder)).flatMap(findPairs)];
}

/** Masks that lie beside their photos in one folder: "benign (1).png" and "benign (1)_mask.png". */
function findMaskFiles(node: FolderNode): readonly string[] {
  const masks = node.files.filter((path) => SUFFIX_BESIDE.test(stemOf(path)));
  const below = node.folders.flatMap(findMaskFiles);
  if (masks.length === 0) return below;
  const stems = new Set(node.files.map(stemOf));
  return [...masks.filter((path) => stems.has(stemOf(path).replace(SUFFIX_BESIDE, ""))), ...below];
}

const shown = ({ path }: FolderNode): string => visibleText(path);

function pairsNote(pairs: readonly Pair[]): string {
  const [first] = pairs;
  if (first === undefined) return "";
  const { masks, photos, shared, total } = first;
  const more =
    pairs.length > 1
      ? `, and so ${verb(pairs.length - 1, "does", "do")} ${pairs.length - 1} more ${verb(pairs.length - 1, "pair", "pairs")}`
      : "";
  return `${shown(photos)} and ${shown(masks)} hold files with the same names (${shared} of ${total})${more}: a photo and its mask are not two classes`;
}

/**
 * Photo and mask: a folder called masks, annotations or the like whose files have the names of the photos beside it, or files
 * named as a photo with _mask behind it. They are left out, and that is said.
 */
export function setAsideMasks(view: View): View {
  const pairs = findPairs(view.root);
  const files = findMaskFiles(view.root);
  if (pairs.length + files.length === 0) return view;
  const root = pruneTree(view.root, {
    folders: new Set(pairs.map(({ masks }) => masks.path)),
    files: new Set(files),
  });
  const inFolders = pairs.flatMap(({ masks }) => imagesBelow(masks));
  const count = inFolders.length + files.length;
  const example = files[0] === undefined ? "" : `, such as ${visibleText(files[0])}`;
  const why =
    pairs.length > 0 ? pairsNote(pairs) : `their names are those of a photo with _mask added${example}`;
  const noun = [...inFolders, ...files].every(isNamedLikeImage) ? "mask" : "annotation file";
  const message = `${counted(count, noun)} ${verb(count, "is", "are")} left out: ${why}`;
  return withNote(
    withSkipped({ ...view, root }, [...inFolders, ...files], "a mask of a photo"),
    "masks",
    message,
  );
}
