import { stemOf } from "./layout/stems.ts";

/** What programs put behind a photo's name when they save a changed copy; before it stands the name of the source. */
const COPY_MARKS: readonly RegExp[] = [
  // Roboflow: IMG_0001_jpg.rf.<32 hex>
  /^(.+?)(?:_(?:jpe?g|png|webp|bmp))?\.rf\.[0-9a-f]{32}$/i,
  // Augmentor: cats_original_IMG_0001.jpg_<uuid>
  /^(.*_original_.+)_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
];

/** The name of the photo that a file's name, without its ending, says it is a changed copy of; undefined for other names. */
export function sourceName(stem: string): string | undefined {
  return COPY_MARKS.map((mark) => mark.exec(stem)?.[1]).find((source) => source !== undefined);
}

/** Words that stand behind a name for a change, where the unchanged photo lies beside: IMG_1.jpg, IMG_1_flip.jpg. */
const CHANGE =
  /[ _-](?:aug(?:mented)?|[hv]?flip(?:ped)?|mirror(?:ed)?|rot(?:ated?)?|crop(?:ped)?|blur(?:red)?|noise|bright(?:er|ness)?|dark(?:er)?)[ _-]?-?\d*$/i;

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** The numbers behind a name: clip3_0001, walk-12, cat0_frame003. */
const NUMBERED = /^(.+?)[ _-](?:frame|frm|img|image|shot)?[ _-]?\d+$/i;

/**
 * For each image the source that it is a changed copy of, so that copies stay on one side of a split.
 * @param labelOf class of an image: copies of two classes have nothing to do with each other.
 */
export function copyGroups(
  paths: readonly string[],
  labelOf: (path: string) => string,
): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  const here = new Set(paths.map((path) => folderOf(path) + stemOf(path)));
  for (const path of paths) {
    const stem = stemOf(path);
    const marked = sourceName(stem);
    if (marked !== undefined) groups.set(path, `copy ${labelOf(path)}/${marked}`);
    else if (CHANGE.test(stem)) {
      const source = stem.replace(CHANGE, "");
      if (!here.has(folderOf(path) + source)) continue;
      groups.set(path, `copy ${folderOf(path)}${source}`);
    }
  }
  // the photo itself belongs to its copies
  const sources = new Set(groups.values());
  for (const path of paths) {
    const own = `copy ${folderOf(path)}${stemOf(path)}`;
    if (!groups.has(path) && sources.has(own)) groups.set(path, own);
  }
  return groups;
}

/** The name without the number of the frame, in whatever folder: "clip3_0001.jpg" → "clip3"; "sofa.jpg" has none. */
export function namePrefix(path: string): string | undefined {
  return NUMBERED.exec(stemOf(path))?.[1];
}
