import { describe, expect, test } from "vitest";
import { sniffHead } from "./sniff-file-node.ts";

const latin = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const reason = (path: string, head: string): string => {
  const sniffed = sniffHead(path, latin(head));
  return sniffed.type === "image" ? "an image" : `${sniffed.type}: ${sniffed.reason}`;
};
const RAW = "broken: graft cannot read a camera's RAW file: export it as JPEG or TIFF.";

describe("Netpbm's pictures are known by their header", () => {
  test.each([
    "P6\n21 13\n255\n…",
    "P5 21 13 255 …",
    "P4\n# a comment\n# 3 4\n21 13\n…",
    "P1\r\n21\t13\r\n010",
    "P7\nWIDTH 21\nHEIGHT 13\n…",
  ])("%j", (head) => expect(reason("no-ending", head)).toBe("an image"));

  test.each(["P1 and P2 are people.\n", "P6", "P6\n21", "P8\n21 13\n", "P621 13 255\n", "P7 332\n"])(
    "%j is a text",
    (head) => expect(reason("notes.txt", head)).toBe("skipped: not an image"),
  );
});

describe("a picture of a format that is not read counts as one", () => {
  test.each([
    ["x.jp2", "\0\0\0\x0cjP  \r\n\x87\n…", "graft cannot read a JPEG 2000 picture: save it as PNG."],
    ["x.jxl", "\xff\x0a…", "graft cannot read a JPEG XL picture: save it as PNG."],
    ["x.psd", "8BPS\0\x01", "graft cannot read a Photoshop file: export it as PNG."],
    [
      "x.dcm",
      `${"\0".repeat(128)}DICM`,
      "graft cannot read a DICOM file: export its picture as PNG with 8 bits.",
    ],
    ["x.ico", "\0\0\x01\0\x02\0\x20\x20\0\0\x01\0", "graft cannot read an icon: save it as PNG."],
    ["x.exr", "v/1\x01…", "graft cannot read a .exr picture: save it as PNG."],
    ["x.hdr", "#?RADIANCE\n", "graft cannot read a .hdr picture: save it as PNG."],
    ["x.dds", "DDS |", "graft cannot read a .dds picture: save it as PNG."],
    ["x.pcx", `\n\x05\x01\x08${"\0".repeat(80)}`, "graft cannot read a .pcx picture: save it as PNG."],
    ["x.pfm", "PF\n2 2\n-1.0\n", "graft cannot read a .pfm picture: save it as PNG."],
  ])("by its content, whatever its name: %s", (path, head, expected) => {
    expect(reason("no-ending", head)).toBe(`broken: ${expected}`);
    expect(reason(path, head)).toBe(`broken: ${expected}`);
  });

  test.each([
    ["x.TGA", "graft cannot read a .tga picture: save it as PNG."],
    ["x.eps", "graft cannot read a drawing (EPS, WMF, EMF): export it as PNG."],
    ["deep/x.dicom", "graft cannot read a DICOM file: export its picture as PNG with 8 bits."],
  ])("by its name, where the content tells nothing: %s", (path, expected) => {
    expect(reason(path, "\0\0\x02\0 some bytes")).toBe(`broken: ${expected}`);
  });

  test("but a JPEG stays one under any name, and a text is no picture for being called .hdr", () => {
    expect(reason("x.tga", "\xff\xd8\xff\xe0")).toBe("an image");
    expect(reason("x.nef", "\xff\xd8\xff\xe0")).toBe("an image");
    expect(reason("x.hdr", "ENVI\nsamples = 3\n")).toBe("skipped: not an image");
    expect(reason("x.tga", "")).toMatch(/^broken: The file is empty/);
  });
});

describe("a camera's RAW file", () => {
  test.each([
    "IIRO\x08\0",
    "IIU\0\x08\0",
    "FUJIFILMCCD-RAW 0201",
    "II*\0\x10\0\0\0CR\x02\0",
    "\0\0\0\x18ftypcrx \0\0",
    "FOVb",
  ])("is known by its mark: %j", (head) => expect(reason("no-ending", head)).toBe(RAW));

  test.each(["DSC_0.NEF", "a/b.dng", "x.ARW", "x.pef", "x.SRW"])(
    "%s that begins as a TIFF is one by its name",
    (path) => {
      expect(reason(path, "II*\0\x08\0\0\0")).toBe(RAW);
      expect(reason("x.tif", "II*\0\x08\0\0\0")).toBe("an image");
    },
  );
});
