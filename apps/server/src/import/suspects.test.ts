import { expect, test } from "vitest";
import { Suspects } from "./read-safely.ts";
import type { ReadingEnd } from "./reading-child.ts";

const end = (why: ReadingEnd["why"], ...underWay: readonly string[]): ReadingEnd => ({
  why,
  text: "exit code 1",
  underWay,
});
const places = ({ reading }: Suspects) => ({
  alone: reading.alone,
  lost: reading.lost.map(({ location }) => location),
});

test("files under way at an end are looked at alone, and the one that ends it again is lost", () => {
  const suspects = new Suspects();
  suspects.ended(end("memory", "a", "b", "c"));
  expect(places(suspects)).toEqual({ alone: ["a", "b", "c"], lost: [] });
  suspects.ended(end("memory", "b"));
  expect(places(suspects)).toEqual({ alone: ["a", "c"], lost: ["b"] });
  expect(suspects.reading.lost[0]).toMatchObject({
    code: "limit",
    reason: expect.stringContaining("memory"),
  });
});

test("an end without a known cause counts twice: somebody may have killed the process", () => {
  const suspects = new Suspects();
  suspects.ended(end("ended", "a", "b"));
  suspects.ended(end("ended", "a"));
  expect(places(suspects)).toEqual({ alone: ["a", "b"], lost: [] });
  suspects.ended(end("ended", "a"));
  expect(places(suspects)).toEqual({ alone: ["b"], lost: ["a"] });
});

test("a file that was not alone before is never lost at once", () => {
  const suspects = new Suspects();
  suspects.ended(end("silence", "a"));
  expect(places(suspects)).toEqual({ alone: ["a"], lost: [] });
  suspects.ended(end("silence", "a"));
  expect(places(suspects).lost).toEqual(["a"]);
});

test("an end with no file under way is the upload's: refused at once for a limit, else at the third time", () => {
  expect(() => new Suspects().ended(end("memory"))).toThrow(expect.objectContaining({ code: "limit" }));
  const suspects = new Suspects();
  suspects.ended(end("ended"));
  suspects.ended(end("ended"));
  expect(() => suspects.ended(end("ended"))).toThrow(expect.objectContaining({ code: "backend" }));
});

test("an upload in which file after file ends the process is given up", () => {
  const suspects = new Suspects();
  expect(() => {
    for (let at = 0; at < 100; at++)
      for (let time = 0; time < 2; time++) suspects.ended(end("memory", `file ${at}`));
  }).toThrow(expect.objectContaining({ code: "limit" }));
  expect(suspects.reading.lost.length).toBeLessThan(30);
});
