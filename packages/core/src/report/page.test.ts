import { describe, expect, it } from "vitest";
import { evaluationPage } from "./page.ts";
import { PIXEL, sampleReport } from "./testing.ts";

const EVIL = `<script>alert("x")</script>'&\u202e\n`;

/** Elements that are opened and closed, in order; throws on one that is closed in the wrong place. */
function checkNesting(page: string): number {
  const open: string[] = [];
  let elements = 0;
  const text = page.replace(/<style>.*?<\/style>/s, "").replace("<!doctype html>", "");
  for (const [, slash, name = "", rest = ""] of text.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/g,
  )) {
    if (slash) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else if (!rest.endsWith("/") && name !== "meta") {
      open.push(name);
      elements++;
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(", ")}`);
  return elements;
}

describe("evaluationPage", () => {
  const answer = { path: EVIL, truth: EVIL, said: EVIL, score: 0.9, picture: PIXEL, heat: PIXEL };
  const full = sampleReport([EVIL, "dogs"], {
    ...{ model: EVIL, dataset: EVIL, notes: [EVIL] },
    ...{ mistakes: [answer], totalMistakes: 5, labelErrors: [answer], totalLabelErrors: 1 },
    duplicates: [
      {
        by: "look",
        across: true,
        images: [
          { path: EVIL, label: EVIL, part: "train" },
          { path: "b", label: "dogs", picture: PIXEL },
        ],
      },
    ],
    totalDuplicates: 1,
    unlike: {
      ...{ rule: "model", usual: 0.95, threshold: 0.2, compared: 400, total: 1 },
      images: [{ path: EVIL, said: EVIL, distance: 0.5 }],
    },
    splitGap: { safe: 0.8, random: 0.85, images: 40, draws: 3 },
    epochs: [
      { epoch: 1, loss: 0.7, accuracy: 0.5, valLoss: 0.8, valAccuracy: 0.5 },
      { epoch: 2, loss: 0.4, accuracy: 0.9, valLoss: 0.5, valAccuracy: 0.8 },
    ],
    ...{ keptEpoch: 2, fineTunedFrom: 2 },
    about: [[EVIL, EVIL]],
    machine: [[EVIL, EVIL]],
  });
  const page = evaluationPage(full);

  it("escapes every text of labels, paths and facts, and writes out what would turn the reading order", () => {
    expect(page).not.toContain("<script");
    expect(page).not.toContain("\u202e");
    expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;\\u202e\\n");
    // each of them stands somewhere: heading, note, classes, matrix, three lists, duplicates, facts
    expect(page.split("&lt;script&gt;").length).toBeGreaterThan(20);
  });

  it("is one page without anything to load or run, and nested as HTML is", () => {
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(page).not.toMatch(/https?:|\bon[a-z]+="|@import|url\(|<link|<iframe|<object/);
    expect(page).toMatch(/Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:/);
    for (const [, source] of page.matchAll(/src="([^"]*)"/g)) expect(source).toMatch(/^data:image\//);
    expect(checkNesting(page)).toBeGreaterThan(100);
  });

  it("tells who cannot see it what its pictures and charts show", () => {
    for (const [image] of page.matchAll(/<img[^>]*>/g)) expect(image).toMatch(/alt="[^"]+"/);
    const charts = [...page.matchAll(/<svg[^>]*>/g)];
    expect(charts).toHaveLength(4);
    for (const [chart] of charts) expect(chart).toMatch(/role="img" aria-label="[^"]{20,}"/);
    expect(page.match(/<th scope="row">/g)).toHaveLength(4);
    expect(page.match(/<caption>/g)).toHaveLength(2);
  });

  it("says the numbers that were given", () => {
    const { evaluation, assessment } = full;
    expect(page).toContain(`${(100 * evaluation.accuracy).toFixed(1)}\u00a0%`);
    expect(page).toContain(`area ${assessment.roc?.auc.toFixed(3)}`);
    expect(page).toContain("5 mistakes, the most confident first");
    expect(page).toContain("The first 1 are shown");
    expect(page).toContain("on both sides of the split");
    expect(page).toContain("from 400 training pictures than 95 in 100 of the held-out ones");
    expect(page).toContain("a difference of 5.0 points");
    expect(page).toContain(">kept</text>");
    expect(page).toContain(">fine-tuning</text>");
    for (const count of evaluation.confusion.flat()) expect(page).toContain(`>${count}</td>`);
  });

  it("leaves out what there is not: curves without a run, a ROC curve of three classes", () => {
    const plain = evaluationPage(sampleReport(["a", "b", "c"]));
    expect(plain).not.toContain("How it was trained");
    expect(plain).not.toContain("ROC");
    expect(plain).not.toContain("random split");
    expect([...plain.matchAll(/<svg/g)]).toHaveLength(1);
    expect(plain).toContain("There are none.");
    expect(checkNesting(plain)).toBeGreaterThan(30);
  });

  it("lists the largest confusions instead of a matrix of many classes", () => {
    const many = Array.from({ length: 60 }, (_, i) => `class ${i}`);
    const report = evaluationPage(sampleReport(many));
    expect(report).not.toContain('class="matrix"');
    expect(report).toContain("The most frequent confusions among 60 classes");
  });
});
