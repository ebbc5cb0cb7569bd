import { unreadByName } from "../image/unread-formats.ts";

const JUNK = new Map([
  ["__macosx", "what macOS adds to archives"],
  ["thumbs.db", "a thumbnail cache of Windows"],
  ["ehthumbs.db", "a thumbnail cache of Windows"],
  ["desktop.ini", "a settings file of Windows"],
  ["$recycle.bin", "the recycle bin of Windows"],
  ["system volume information", "a system folder of Windows"],
  ["lost+found", "what a Linux disk keeps for repairs, where most users may not look"],
  ["@eadir", "a thumbnail folder of a network drive"],
]);

/** Why the folder of graft's own files is no class. */
export const OWN_HOME = "it is graft's own home, where runs and caches are kept";

/** Why a file or folder of this name is never part of a data set, or undefined. */
export function junkReason(name: string): string | undefined {
  if (name.startsWith(".")) return "a hidden (dot) file";
  return JUNK.get(name.toLowerCase());
}

/** The first part of a path that is junk, as {path, reason}: a junk folder is reported once, not file by file. */
export function junkInPath(path: string): { readonly path: string; readonly reason: string } | undefined {
  const names = path.split("/");
  for (const [at, name] of names.entries()) {
    const reason = junkReason(name);
    if (reason !== undefined) return { path: names.slice(0, at + 1).join("/"), reason };
  }
  return undefined;
}

const IMAGE_NAME =
  /\.(jpe?g|jpe|jfif|png|apng|webp|gif|bmp|dib|tiff?|avif|heic|heif|hif|svg|ppm|pgm|pbm|pnm|pam)$/i;
const DOCUMENT_ENDINGS =
  "txt md rst rtf tex bib csv tsv json jsonl ndjson ya?ml xml html? css url lnk pdf docx? odt xlsx? pptx? py ipynb js ts m r sh bat exe log cfg ini toml lock mat npy npz pkl h5 hdf5 parquet arrow feather tfrecords? onnx pth? pb tflite weights names db sqlite zip rar 7z tar t?gz bz2 xz mp4 m4v mov avi mkv webm mpe?g wmv 3gp mp3 wav ogg flac m4a";
const DOCUMENT_NAME = new RegExp(`\\.(${DOCUMENT_ENDINGS.replaceAll(" ", "|")})$`, "i");
/** Names without an ending that everybody knows. */
const PLAIN_DOCUMENT =
  /(^|\/)(readme|licen[cs]e|copying|notice|authors|changelog|citation|makefile|dockerfile)$/i;

/** Archives of kinds that are not read. */
export const UNREAD_ARCHIVE = /\.(rar|7z|xz|txz|bz2|tbz2?|zst)$/i;

/** Documents that hold pictures all the same: scans, films, arrays. */
export const PICTURED_DOCUMENT = /\.(pdf|docx?|pptx?|mp4|m4v|mov|avi|mkv|webm|mpe?g|wmv|3gp|npy|npz)$/i;

/** The name promises an image. What a file is, its first bytes say; this decides between "skipped" and "broken" only. */
export function isNamedLikeImage(path: string): boolean {
  return IMAGE_NAME.test(path) || unreadByName(path) !== undefined;
}

/** The name promises something else than an image (a readme, a table, a video). */
export function isNamedLikeDocument(path: string): boolean {
  return DOCUMENT_NAME.test(path) || PLAIN_DOCUMENT.test(path);
}
