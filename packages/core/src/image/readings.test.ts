import { expect, test } from "vitest";
import { type ImageReading, readingNotes } from "./readings.ts";

const image = (path: string, ...readings: ImageReading[]) => ({ path, facts: { readings } });

test("a data set's readings are counted, each with an example", () => {
  const notes = readingNotes([
    { path: "plain.jpg", facts: {} },
    image("a/0.png", "bits-12-of-16"),
    image("a/1.png", "bits-12-of-16", "one-colour"),
    image("b/0.tif", "extra-band"),
  ]);
  expect(notes.map(({ reading, count, example }) => [reading, count, example])).toEqual([
    ["bits-12-of-16", 2, "a/0.png"],
    ["one-colour", 1, "a/1.png"],
    ["extra-band", 1, "b/0.tif"],
  ]);
  expect(notes.map(({ message }) => message)).toEqual([
    "2 images use 12 of their 16 bits: they are read as 12-bit pictures (for example a/0.png)",
    "1 image is almost one colour in 8 bits, because its values lie close together: stretch the values over the whole range and save the image again (a/1.png)",
    "1 image has bands beside its colours that the file does not call alpha: graft ignores these bands (b/0.tif)",
  ]);
});

test("one image of 8 or 11 bits has its article", () => {
  const [eight] = readingNotes([image("x.png", "bits-8-of-16")]);
  expect(eight?.message).toBe("1 image uses 8 of its 16 bits: it is read as an 8-bit picture (x.png)");
});
