import { type DatasetReport, describeDataset } from "@graft/core";
import { expect, it } from "vitest";
import { datasetText } from "./dataset-text.ts";

const facts = { format: "jpeg", width: 30, height: 20, perceptualHash: "0123456789abcdef" } as const;
const hash = (digit: string): string => digit.repeat(64);

function report(numBroken: number): DatasetReport {
  const images = [
    { path: "cats/1.jpg", hash: hash("1"), label: 0, bytes: 1000, facts },
    { path: "dogs/2.jpg", hash: hash("2"), label: 1, bytes: 1000, facts },
    { path: "dogs/copy of 1.jpg", hash: hash("1"), label: 1, bytes: 1000, facts },
  ];
  const broken = Array.from({ length: numBroken }, (_, i) => ({
    path: `cats/broken-${i}.jpg`,
    code: "corrupt",
    reason: "cut off",
  }));
  const skipped = [{ path: "notes.txt", reason: "not an image" }];
  const dataset = {
    source: "pets",
    labels: ["cats", "dogs"],
    images,
    skipped,
    broken,
    notes: [],
    presplit: false,
  };
  const parts = { train: [hash("2")], validation: [], test: [] };
  return describeDataset(dataset, { version: 1, kind: "drawn", seed: 7, fraction: 0.25, ...parts });
}

it("names every file that is not used, and one picture under two labels", () => {
  const text = datasetText(report(1));
  expect(text).toMatch(/^pets: 3 images \(2 different\) of 2 classes, 3\.0 kB: 3 jpeg/);
  expect(text).toMatch(/^cats +1 +1 +0 +0 +0$/m);
  expect(text).toContain("drawn, 25 % to validation, seed 7: 1 to train on");
  expect(text).toContain("  cats/broken-0.jpg: cut off");
  expect(text).toContain("  notes.txt: not an image");
  expect(text).toContain("cats/1.jpg (cats) = dogs/copy of 1.jpg (dogs)");
});

it("cuts long lists and says where they are whole", () => {
  const text = datasetText(report(25));
  expect(text).toContain("Broken, left out (25):");
  expect(text).toContain("and 5 more (--json lists all)");
});

it("cuts the places of one picture, and says that there is no split", () => {
  const images = Array.from({ length: 40 }, (_, i) => ({
    path: `${i % 2 ? "dogs" : "cats"}/${i}\n.jpg`,
    hash: hash("1"),
    label: i % 2,
    bytes: 1000,
    facts,
  }));
  const labels = ["cats", "dogs"];
  const dataset = { source: "pets", labels, images, skipped: [], broken: [], notes: [], presplit: false };
  const text = datasetText(describeDataset(dataset, null));
  expect(text).toMatch(/^ {2}cats\/0\\n\.jpg \(cats\) = .* = 34 more places$/m);
  expect(text).toMatch(/^Split: none/m);
  expect(text).toMatch(/^class +images +different$/m);
});
