import { expect, it } from "vitest";
import { distinctNames } from "./heat-map-writer.ts";

it("keeps names apart that a disk would take for one, and keeps the first as it is", () => {
  const name = distinctNames();
  const given = ["a", "A", "b", "a", "\u00e9", "e\u0301", "\u00c9", "stra\u00dfe", "STRASSE", "a-2"].map(
    (stem) => name((copy) => `${stem}${copy === 1 ? "" : `-${copy}`}.png`),
  );
  expect(given).toEqual([
    ...["a.png", "A-2.png", "b.png", "a-3.png", "\u00e9.png", "e\u0301-2.png", "\u00c9-3.png"],
    ...["stra\u00dfe.png", "STRASSE-2.png", "a-2-2.png"],
  ]);
});
