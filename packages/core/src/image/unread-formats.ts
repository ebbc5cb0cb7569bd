/** A format that is known and not read: how people call such a file, and what to do with it. */
export interface UnreadFormat {
  readonly name: string;
  /** "graft cannot read a GIMP file: export it as PNG." */
  readonly sentence: string;
  /** Endings of names, in lower case. */
  readonly endings: readonly string[];
  /** True for the first bytes of such a file; `text` is these as Latin-1. Absent where a format has no mark of its own. */
  readonly begins?: (bytes: Uint8Array, text: string) => boolean;
}

const starts =
  (...marks: readonly string[]) =>
  (_: Uint8Array, text: string): boolean =>
    marks.some((mark) => text.startsWith(mark));

/** A row whose files have no name of their own among people: "A .tga picture". */
const picture = (
  ending: string,
  begins?: UnreadFormat["begins"],
  others: readonly string[] = [],
): UnreadFormat => ({
  name: ending,
  sentence: `graft cannot read a .${ending} picture: save it as PNG.`,
  endings: [ending, ...others],
  ...(begins && { begins }),
});

/** Marks of RAW files that are not TIFFs by their first bytes, or say more than a TIFF: see `isCameraRaw` for the others. */
const RAW_MARKS = [
  "IIRO", // Olympus ORF
  "IIRS",
  "MMOR",
  "IIU\0", // Panasonic RW2
  "FUJIFILMCCD-RAW",
  "\0MRM", // Minolta
  "FOVb", // Sigma X3F
  "II\x1a\0\0\0HEAPCCDR", // Canon CRW
] as const;

export const CAMERA_RAW: UnreadFormat = {
  name: "raw",
  sentence: "graft cannot read a camera's RAW file: export it as JPEG or TIFF.",
  endings: [
    ...["nef", "nrw", "dng", "cr2", "cr3", "crw", "arw", "srf", "sr2", "orf", "rw2", "raf", "pef", "srw"],
    ...["3fr", "fff", "iiq", "x3f", "mrw", "erf", "mef", "mos", "kdc", "dcr", "rwl", "gpr"],
  ],
  begins: (bytes, text) =>
    starts(...RAW_MARKS)(bytes, text) ||
    text.slice(4, 12) === "ftypcrx " || // Canon CR3
    (starts("II*\0", "MM\0*")(bytes, text) && text.slice(8, 10) === "CR"), // Canon CR2
};

/**
 * Formats of pictures that no decoder here reads, so that such a file counts as a picture that is not used, never as no
 * picture at all. Marks are those of each format's own description, as file(1) and Pillow have them.
 */
export const UNREAD_FORMATS: readonly UnreadFormat[] = [
  CAMERA_RAW,
  {
    name: "jp2",
    sentence: "graft cannot read a JPEG 2000 picture: save it as PNG.",
    endings: ["jp2", "j2k", "j2c", "jpc", "jpf", "jpx", "jpm"],
    begins: starts("\0\0\0\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51"),
  },
  {
    name: "jxl",
    sentence: "graft cannot read a JPEG XL picture: save it as PNG.",
    endings: ["jxl"],
    begins: starts("\xff\x0a", "\0\0\0\x0cJXL \r\n\x87\n"),
  },
  {
    name: "jxr",
    sentence: "graft cannot read a JPEG XR picture: save it as PNG.",
    endings: ["jxr", "hdp", "wdp"],
    begins: starts("II\xbc"),
  },
  {
    name: "psd",
    sentence: "graft cannot read a Photoshop file: export it as PNG.",
    endings: ["psd", "psb"],
    begins: starts("8BPS"),
  },
  {
    name: "xcf",
    sentence: "graft cannot read a GIMP file: export it as PNG.",
    endings: ["xcf"],
    begins: starts("gimp xcf"),
  },
  {
    name: "dcm",
    sentence: "graft cannot read a DICOM file: export its picture as PNG with 8 bits.",
    endings: ["dcm", "dicom"],
    begins: (_, text) => text.slice(128, 132) === "DICM",
  },
  {
    name: "ico",
    sentence: "graft cannot read an icon: save it as PNG.",
    endings: ["ico", "cur", "icns"],
    // an icon's directory: one to 255 pictures, whose fourth byte is 0
    begins: (bytes, text) =>
      text.startsWith("icns") ||
      (text.startsWith("\0\0\x01\0") && bytes[4] !== 0 && bytes[5] === 0 && bytes[9] === 0),
  },
  {
    name: "drawing",
    sentence: "graft cannot read a drawing (EPS, WMF, EMF): export it as PNG.",
    endings: ["eps", "wmf", "emf"],
  },
  picture("exr", starts("v/1\x01")),
  picture("hdr", starts("#?RADIANCE", "#?RGBE")),
  picture("pfm", (_, text) => /^P[Ff]\s+\d+\s+\d+\s+-?\d/.test(text)),
  picture("dds", starts("DDS ")),
  picture("tga", undefined, ["icb", "vda", "vst"]),
  picture(
    "pcx",
    // version 0 to 5, run lengths, bits a plane
    ([mark, version = 9, coded, bits = 0]) =>
      mark === 0x0a && version <= 5 && coded === 1 && [1, 2, 4, 8].includes(bits),
    ["dcx"],
  ),
  picture(
    "sgi",
    // plain or run lengths, bytes a sample
    ([high, low, coded = 9, size]) =>
      high === 0x01 && low === 0xda && coded <= 1 && (size === 1 || size === 2),
  ),
  picture("ras", starts("Y\xa6j\x95")),
  picture("fits", starts("SIMPLE  =")),
  picture("qoi", starts("qoif")),
  picture("flif", starts("FLIF")),
  picture("bpg", starts("BPG\xfb")),
  picture("mng", starts("\x8aMNG\r\n", "\x8bJNG\r\n"), ["jng"]),
  picture("xpm", starts("/* XPM */"), ["xbm"]),
];

const BY_ENDING = new Map(
  UNREAD_FORMATS.flatMap((format) => format.endings.map((ending) => [ending, format] as const)),
);

/** "hdr" also ends the headers of other programs' data, so that its content alone decides. */
BY_ENDING.delete("hdr");

/** The format that a name promises, where that is one which is not read. */
export function unreadByName(path: string): UnreadFormat | undefined {
  return BY_ENDING.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase());
}

/** The format that the first bytes are of, where that is one which is not read. */
export function unreadByContent(bytes: Uint8Array, text: string): UnreadFormat | undefined {
  return UNREAD_FORMATS.find(({ begins }) => begins?.(bytes, text));
}
