import type { Evaluation } from "../metrics/types.ts";
import { percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { Fact } from "./types.ts";

/** With more classes a matrix is a page of zeros; its largest confusions are listed instead. */
const MOST_MATRIX_CLASSES = 40;
const LISTED_CONFUSIONS = 30;

/** A table that scrolls by itself where it is too wide, by keyboard too. */
function scrolling(name: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${table}</div>`;
}

/** Precision, recall and F1 of each class. */
export function classTable({ perClass }: Evaluation): Html {
  const rows = perClass.map(
    ({ label, images, precision, recall, f1 }) => html`<tr><th scope="row">${label}</th>
      <td>${images}</td><td>${percent(precision)}</td><td>${percent(recall)}</td><td>${percent(f1)}</td></tr>`,
  );
  return scrolling(
    "Scores of each class",
    html`<table><caption>Precision: how many of the images said to be a class are. Recall: how many of a class's images were found</caption>
      <thead><tr><th scope="col">class</th><th scope="col">images</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th></tr></thead>
      <tbody>${rows}</tbody></table>`,
  );
}

/** Who is taken for whom: rows are what images are, columns what was said, the colour a cell's share of its row. */
export function confusionMatrix(labels: readonly string[], confusion: Evaluation["confusion"]): Html {
  if (labels.length > MOST_MATRIX_CLASSES) return largestConfusions(labels, confusion);
  const rows = confusion.map((counts, truth) => {
    const sum = counts.reduce((a, b) => a + b, 0);
    const cells = counts.map((images, said) => {
      const share = sum === 0 ? 0 : images / sum;
      const look = said === truth ? "right" : "wrong";
      return html`<td class="${images === 0 ? "none" : look}" style="--share: ${share.toFixed(3)}">${images}</td>`;
    });
    return html`<tr><th scope="row">${labels[truth] ?? ""}</th>${cells}</tr>`;
  });
  return scrolling(
    "Confusion matrix",
    html`<table class="matrix"><caption>Rows: what the images are. Columns: what the model said</caption>
      <thead><tr><td></td>${labels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>
      <tbody>${rows}</tbody></table>`,
  );
}

function largestConfusions(labels: readonly string[], confusion: Evaluation["confusion"]): Html {
  const pairs = confusion
    .flatMap((counts, truth) => counts.map((images, said) => ({ truth, said, images })))
    .filter(({ truth, said, images }) => truth !== said && images > 0)
    .sort((a, b) => b.images - a.images)
    .slice(0, LISTED_CONFUSIONS);
  const rows = pairs.map(
    ({ truth, said, images }) =>
      html`<tr><th scope="row">${labels[truth] ?? ""}</th><td>${labels[said] ?? ""}</td><td>${images}</td></tr>`,
  );
  return scrolling(
    "Largest confusions",
    html`<table><caption>The most frequent confusions among ${labels.length} classes</caption>
      <thead><tr><th scope="col">is</th><th scope="col">said to be</th><th scope="col">images</th></tr></thead>
      <tbody>${rows}</tbody></table>`,
  );
}

/** Names and values, one beside the other. */
export function factList(facts: readonly Fact[]): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
