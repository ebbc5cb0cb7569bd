/** Headers, contents and the end of a tar come in blocks of so many bytes. */
export const TAR_BLOCK = 512;

/** The fields of a header that a reader needs; names are bytes, because a tar does not say what letters they are. */
export interface TarHeader {
  readonly name: Uint8Array;
  /** What a link leads to; empty for all else. */
  readonly link: Uint8Array;
  /** The type flag: "0" a file, "1" a hard link, "2" a symbolic link, "5" a folder, "x" records of the next entry … */
  readonly flag: string;
  /** Of the content; NaN when the field is no number. */
  readonly bytes: number;
  /** Of a sparse file ("S"): its map goes on in the next block. */
  readonly isExtended: boolean;
}

const CHECKSUM = { start: 148, end: 156 } as const;
const SPACE = 0x20;

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** A field's bytes up to the first zero. */
export function untilZero(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** Octal digits between spaces and zeros, or (GNU, star) a binary number whose first bit is set; else NaN. */
function readNumber(field: Uint8Array): number {
  const [first = 0, ...rest] = field;
  if (first === 0x80) return rest.reduce((sum, byte) => sum * 256 + byte, 0);
  const digits = textOf(field).replace(/^[ \0]+/, "");
  const octal = /^[0-7]*(?=[ \0]|$)/.exec(digits)?.[0];
  return octal === undefined ? Number.NaN : Number.parseInt(`0${octal}`, 8);
}

/**
 * True for a block that is a header by its own checksum, which every tar since 1979 carries; the word "ustar" only the
 * later ones. Some old programs summed signed bytes.
 */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < TAR_BLOCK || block[0] === 0) return false;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < TAR_BLOCK; at++) {
    const isChecksum = at >= CHECKSUM.start && at < CHECKSUM.end;
    const byte = isChecksum ? SPACE : (block[at] ?? 0);
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const stored = readNumber(block.subarray(CHECKSUM.start, CHECKSUM.end));
  return stored === unsigned || stored === signed;
}

function joinPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(folder.length + 1 + name.length);
  path.set(folder);
  path[folder.length] = 0x2f;
  path.set(name, folder.length + 1);
  return path;
}

/**
 * Reads a header of any tar: v7 (no magic), POSIX ustar (a long name is cut in two) and GNU (other things lie there).
 * The fields' places: POSIX.1-2017 `pax`, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format".
 * @param block 512 bytes.
 * @returns undefined when it is no header.
 */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  if (!isTarHeader(block)) return undefined;
  const name = untilZero(block.subarray(0, 100));
  const isPosix = textOf(block.subarray(257, 263)) === "ustar\0";
  const prefix = isPosix ? untilZero(block.subarray(345, 500)) : new Uint8Array();
  const flag = textOf(block.subarray(156, 157));
  return {
    name: prefix.length > 0 ? joinPath(prefix, name) : name,
    link: untilZero(block.subarray(157, 257)),
    flag: flag === "\0" ? "0" : flag,
    bytes: readNumber(block.subarray(124, 136)),
    isExtended: !isPosix && block[482] !== 0,
  };
}
