import { CoreError } from "../errors.ts";

export interface PnmHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** The value of white, 1 to 65535. */
  readonly maxval: number;
  /** PBM's bits are ink. */
  readonly zeroIsWhite: boolean;
  /** How samples are written: as decimal text, as single digits, as bits, or as bytes. */
  readonly digits: "decimal" | "single" | "packed" | "binary";
  /** Where they begin. */
  readonly at: number;
}

export const damagedPnm = (what: string): CoreError =>
  new CoreError("corrupt", {
    what: `The Netpbm image is damaged: ${what}.`,
    fix: "Save it again from its source, or remove it.",
  });

/** A header may have comments of any length; one that has not ended by here is none. */
const LONGEST_HEADER = 65_536;

const DIGITS = ["single", "decimal", "decimal", "packed", "binary", "binary"] as const;

function checked(header: PnmHeader): PnmHeader {
  const { width, height, maxval } = header;
  if (!(width > 0 && height > 0)) throw damagedPnm(`its size is ${width} × ${height}`);
  if (!(maxval > 0 && maxval < 65_536)) throw damagedPnm(`its largest value is ${maxval}, not 1 to 65535`);
  return header;
}

/** P1 to P6: magic, width, height and, but for PBM, maxval, with comments between; then one character of white space. */
function numberedHeader(text: string): PnmHeader {
  const kind = Number(text[1]);
  const isBitmap = kind === 1 || kind === 4;
  const wanted = isBitmap ? 2 : 3;
  const words: number[] = [];
  const word = /\s+|#[^\r\n]*[\r\n]|(\d{1,10})(?=[\s#]|$)/y;
  let at = 2;
  while (words.length < wanted) {
    word.lastIndex = at;
    const found = word.exec(text);
    if (!found) throw damagedPnm("its header is cut off, or has a word where a number should be");
    at = word.lastIndex;
    if (found[1] !== undefined) words.push(Number(found[1]));
  }
  const [width = 0, height = 0, maxval = 1] = words;
  return checked({
    width,
    height,
    channels: kind === 3 || kind === 6 ? 3 : 1,
    maxval,
    zeroIsWhite: isBitmap,
    digits: DIGITS[kind - 1] ?? "binary",
    at: at + 1,
  });
}

/** P7: a line for each fact, in any order, up to ENDHDR. */
function pamHeader(text: string): PnmHeader {
  const end = /^ENDHDR[^\n]*\n/m.exec(text);
  if (!end) throw damagedPnm("its header does not end");
  const fact = (name: string): number =>
    Number(new RegExp(`^${name}[ \\t]+(\\d{1,10})[ \\t\\r]*$`, "m").exec(text.slice(0, end.index))?.[1] ?? 0);
  const depth = fact("DEPTH");
  if (depth !== 1 && depth !== 2 && depth !== 3 && depth !== 4)
    throw new CoreError("bad-input", {
      what: "graft cannot read this kind of PAM.",
      received: `${depth} values a pixel`,
      expected: "1 (grey) to 4 (colour and alpha)",
      fix: "Save it as PNG.",
    });
  return checked({
    width: fact("WIDTH"),
    height: fact("HEIGHT"),
    channels: depth,
    maxval: fact("MAXVAL"),
    zeroIsWhite: false,
    digits: "binary",
    at: end.index + end[0].length,
  });
}

/**
 * The header of a Netpbm file that `imageFormat` knows as one.
 * @throws CoreError `corrupt`, `bad-input` (a PAM of more than four values a pixel).
 */
export function readPnmHeader(bytes: Uint8Array): PnmHeader {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, LONGEST_HEADER));
  return text[1] === "7" ? pamHeader(text) : numberedHeader(text);
}
