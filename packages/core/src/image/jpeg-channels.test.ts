import { expect, test } from "vitest";
import { jpegChannels } from "./jpeg-channels.ts";

const frame = (marker: number, channels: number): number[] => [
  ...[0xff, marker, 0, 11, 8, 0, 1, 0, 1, channels],
  ...[1, 0x11, 0],
];

test.each([
  ["baseline", [0xff, 0xd8, ...frame(0xc0, 3)], 3],
  ["progressive, after a comment", [0xff, 0xd8, 0xff, 0xfe, 0, 4, 7, 7, ...frame(0xc2, 4)], 4],
  [
    "after Huffman tables, whose marker lies among the frames'",
    [0xff, 0xd8, 0xff, 0xc4, 0, 3, 9, ...frame(0xc1, 1)],
    1,
  ],
  ["after fill bytes", [0xff, 0xd8, 0xff, 0xff, ...frame(0xc0, 4)], 4],
  ["no frame", [0xff, 0xd8, 0xff, 0xfe, 0, 4, 7, 7], 0],
  ["a segment that leads past the end", [0xff, 0xd8, 0xff, 0xfe, 0xff, 0xff, ...frame(0xc0, 4)], 0],
  ["a segment without a length", [0xff, 0xd8, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0],
])("%s", (_, bytes, channels) => {
  expect(jpegChannels(Uint8Array.from(bytes))).toBe(channels);
});

test("bytes between segments are passed over, as libjpeg does", () => {
  const stray = [0x11, 0x11, 0xff, 0x00, 0x22];
  expect(
    jpegChannels(Uint8Array.from([0xff, 0xd8, 0xff, 0xfe, 0, 4, 7, 7, ...stray, ...frame(0xc0, 4)])),
  ).toBe(4);
});
