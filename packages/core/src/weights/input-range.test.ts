import { expect, test } from "vitest";
import { chooseRange } from "./input-range.ts";

const origin = "w.h5";
const stated = { range: [-1, 1] as const, by: ["rescaling"], inFront: [] };
const known = { range: [0, 1] as const, what: "the bundled ones" };

test("by hand before the file's own word, that before numbers that are known, those before Keras's range", () => {
  const given = [0, 255] as const;
  expect(chooseRange({ origin, given, stated, known }).inputRange).toEqual([0, 255]);
  expect(chooseRange({ origin, stated, known }).inputRange).toEqual([-1, 1]);
  expect(chooseRange({ origin, known }).inputRange).toEqual([0, 1]);
  expect(chooseRange({ origin }).inputRange).toEqual([-1, 1]);
});

test("what contradicts is said, what agrees is not", () => {
  expect(chooseRange({ origin, given: [0, 1], stated }).notice).toMatch(
    /^`inputRange: 0,1` is used, although w\.h5 itself says \[-1, 1\] \(rescaling\)/,
  );
  expect(chooseRange({ origin, given: [-1, 1], known }).notice).toMatch(
    /although .* the bundled ones, which expect \[0, 1\]/,
  );
  expect(chooseRange({ origin, stated, known }).notice).toMatch(
    /\[-1, 1\].*although its numbers are the bundled ones/,
  );
  expect(chooseRange({ origin, given: [-1, 1], stated, known })).toEqual({ inputRange: [-1, 1] });
  expect(chooseRange({ origin, given: [0, 1] })).toEqual({ inputRange: [0, 1] });
});

test("what is assumed is said, and why", () => {
  expect(chooseRange({ origin }).notice).toMatch(
    /not known: graft scales pixels to \[-1, 1\].*`inputRange: a,b`/,
  );
  const scaled = { by: ["rescaling"], inFront: [], takesScaled: true };
  expect(chooseRange({ origin, stated: scaled }).notice).toMatch(
    /^w\.h5 scales pixels that are already scaled \(rescaling\)/,
  );
});
