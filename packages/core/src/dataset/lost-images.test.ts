import { describe, expect, it } from "vitest";
import { CoreError } from "../errors.ts";
import { LostImages } from "./lost-images.ts";
import { preparedBy } from "./prepare-image.ts";
import type { DatasetImage } from "./types.ts";

const labels = ["birds", "cats", "dogs"];
const imagesOf = (perClass: number, part = "t"): DatasetImage[] =>
  labels.flatMap((name, label) =>
    Array.from({ length: perClass }, (_, at) => ({
      ...{ path: `${name}/${part}${at}.jpg`, hash: `${part}${label}${at}`, label, bytes: 1 },
      facts: { format: "jpeg" as const, width: 1, height: 1, perceptualHash: "" },
    })),
  );
const gone = new CoreError("not-found", { what: "It is gone." });
const rule = { version: 1, size: 75, fit: "stretch", resize: "bilinear" } as const;

function loseAll(lost: LostImages, images: readonly DatasetImage[]): void {
  for (const image of images) lost.add(image, gone);
}

/** Loses images until it is too many. @returns how many that were. */
function loseUntilRefused(lost: LostImages, images: readonly DatasetImage[]): number {
  for (const [at, image] of images.entries()) {
    try {
      lost.add(image, gone);
    } catch {
      return at + 1;
    }
  }
  return 0;
}

describe("lost images", () => {
  it.each([
    [210, 5],
    [100, 3],
    [30, 2],
    [3000, 61],
  ])("of %d may be 2 %%, and one alone: number %d is too many", (count, tooMany) => {
    const needed = imagesOf(count / 3 + 1).slice(0, count);
    // from all classes in turn, so that none is emptied
    const mixed = needed.toSorted((a, b) => (a.hash.slice(2) < b.hash.slice(2) ? -1 : 1));
    expect(loseUntilRefused(new LostImages({ labels, needed }), mixed)).toBe(tooMany);
  });

  it("may not be a whole class, however small its share", () => {
    const onlyCat = imagesOf(1, "few").slice(1, 2);
    const needed = [...imagesOf(100).filter(({ label }) => label !== 1), ...onlyCat];
    const lost = new LostImages({ source: "set", labels, needed });
    expect(() => loseAll(lost, onlyCat)).toThrow(
      /^1 of 201 images can no longer be read: is set still there\? Nothing is left of the class "cats"\./,
    );
  });

  it("may not be all of the validation", () => {
    const validation = imagesOf(1, "v").slice(0, 1);
    const lost = new LostImages({ labels, needed: imagesOf(100), validation });
    expect(() => loseAll(lost, validation)).toThrow(/Nothing is left of the validation images/);
  });

  it("are all counted and named when they are too many, without being decoded", async () => {
    const needed = imagesOf(70);
    const cats = needed.filter(({ label }) => label === 1);
    const lost = new LostImages({ source: "set", labels, needed });
    let error: unknown;
    try {
      loseAll(lost, cats);
    } catch (caught) {
      error = caught;
    }
    const asked: number[] = [];
    const refusal = await lost.refusal(error, {
      prepare: preparedBy("drawn-1", async (image, _rule, _augmentation, variants) => {
        asked.push(variants.length);
        if (image.label === 1) throw gone;
        return [];
      }),
      ...{ rule, decodeAhead: 4 },
    });
    expect(refusal).toMatchObject({ code: "unreadable", facts: { lost: 70, images: 210 } });
    expect(String(refusal)).toMatch(/70 of 210 images can no longer be read: is set still there\?.*cats/);
    expect(new Set(asked)).toEqual(new Set([0]));
  });

  it("that are few are told in one line, each once", () => {
    const needed = imagesOf(100);
    const lost = new LostImages({ labels, needed });
    expect(lost.notice()).toBeUndefined();
    for (const image of needed.slice(0, 5)) lost.add(image, gone);
    expect(lost.notice()).toBe(
      "5 of 300 images can no longer be used and are left out: birds/t0.jpg, birds/t1.jpg, birds/t2.jpg and 2 more. For example birds/t0.jpg: It is gone.",
    );
    expect(lost.notice()).toBeUndefined();
    const next = needed[5];
    if (next) lost.add(next, gone);
    expect(lost.notice()).toBe(
      "1 of 300 images can no longer be used and is left out: birds/t5.jpg: It is gone.",
    );
  });

  it("leave another error as it is", async () => {
    const lost = new LostImages({ labels, needed: imagesOf(2) });
    const look = { prepare: preparedBy("drawn-1", async () => []), rule, decodeAhead: 1 };
    expect(await lost.refusal(gone, look)).toBe(gone);
  });
});
