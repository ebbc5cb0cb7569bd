import { DEFAULT_PRECISION_TARGET } from "../metrics/assess.ts";
import { learningCurves, reliabilityChart, rocChart } from "./charts.ts";
import { count, percent } from "./format.ts";
import { Html, html } from "./html.ts";
import { duplicatesSection, labelErrorsSection, mistakesSection, unlikeSection } from "./pictures.ts";
import { STYLE } from "./style.ts";
import { classTable, confusionMatrix, factList } from "./tables.ts";
import type { EvaluationReport } from "./types.ts";

/** Nothing is loaded, run or sent: pictures and styles are in the page. */
const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

function numbers({ evaluation, assessment }: EvaluationReport): Html {
  const [low, high] = assessment.accuracyInterval;
  const number = (name: string, value: string, more = ""): Html =>
    html`<div><dt>${name}</dt><dd>${value}${more !== "" && html`<small>${more}</small>`}</dd></div>`;
  const { roc, calibration } = assessment;
  return html`<dl class="numbers">
    ${number("accuracy", percent(evaluation.accuracy), `95 %: ${(100 * low).toFixed(1)} to ${percent(high)}`)}
    ${number("mean F1", percent(evaluation.macroF1), "over the classes")}
    ${number("loss", evaluation.loss.toFixed(3), "cross-entropy, nats")}
    ${roc !== null && number("ROC-AUC", roc.auc.toFixed(3), "0.5 is chance")}
    ${number("calibration error", percent(calibration.before.ece), "0 is best")}
    ${number("images", String(evaluation.images))}
  </dl>`;
}

function calibrationWords({ assessment: { calibration } }: EvaluationReport): Html {
  const { before, after, temperature } = calibration;
  if (after === null || temperature === null)
    return html`<p>The expected calibration error is ${percent(before.ece)}. There are too few images to fit a temperature.</p>`;
  return html`<p>Dividing the logits by a temperature of ${temperature.toFixed(2)} would change the expected calibration error from
    ${percent(before.ece)} to ${percent(after.ece)} and the loss from ${before.nll.toFixed(3)} to ${after.nll.toFixed(3)}. Both
    are measured on halves of the images that the temperature was not fitted on
    (${calibration.foldTemperatures.map((t) => t.toFixed(2)).join(" and ")}). The answers stay the same.</p>`;
}

function notSureWords({ assessment: { notSure } }: EvaluationReport): Html {
  const { target, threshold, precision, coverage } = notSure;
  const option = target === DEFAULT_PRECISION_TARGET ? " (the usual target)" : "";
  if (threshold === null)
    return html`<p>No threshold makes ${percent(target)} of the answers right${option}: the best is ${percent(precision)}, with
      ${percent(coverage)} of the images answered.</p>`;
  return html`<p>To be right ${percent(target)} of the time${option}, say “not sure” below a score of ${percent(threshold)}:
    ${percent(coverage)} of the images still get an answer, ${percent(precision)} of those right. The threshold was chosen on
    these images; on new ones expect a little less.</p>`;
}

function splitGapSection({ splitGap }: EvaluationReport): Html | null {
  if (!splitGap) return null;
  const { safe, random, images, draws } = splitGap;
  return html`<h2>What a random split would have said</h2>
    <p>A gap head trained on a split that keeps look-alikes together is right on ${percent(safe)} of the held-out images; with a
    split that draws file by file, on ${percent(random)}: a difference of ${(100 * (random - safe)).toFixed(1)} points, with
    ${count(images, "file")} held out (means of ${count(draws, "draw")} each).</p>`;
}

/**
 * One self-contained page (no script, nothing loaded) that says how a model did. Every text in the data is escaped.
 * @returns the HTML document.
 */
export function evaluationPage(report: EvaluationReport): string {
  const { labels, evaluation, assessment, notes } = report;
  const curves = learningCurves(report);
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${report.model}: evaluation</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header><h1>How good is ${report.model}?</h1>
<p class="under">${report.dataset}</p></header>
<main>
${notes.length > 0 && html`<div class="notes" role="note">${notes.map((note) => html`<p>${note}</p>`)}</div>`}
${numbers(report)}
<h2>Each class</h2>${classTable(evaluation)}
<h2>Which classes are confused</h2>${confusionMatrix(labels, evaluation.confusion)}
<h2>How far to trust an answer</h2>${notSureWords(report)}${calibrationWords(report)}
<div class="charts">${reliabilityChart(assessment.calibration)}${
    assessment.roc !== null && rocChart(assessment.roc, labels[1] ?? "")
  }</div>
<h2>Worst mistakes</h2>${mistakesSection(report)}
<h2>Likely label errors</h2>${labelErrorsSection(report)}
<h2>Pictures unlike the training</h2>${unlikeSection(report)}
<h2>Near-duplicates</h2>${duplicatesSection(report)}
${splitGapSection(report)}
${curves !== null && html`<h2>How it was trained</h2>${curves}`}
<h2>What was evaluated</h2>${factList(report.about)}
<h2>Where</h2>${factList(report.machine)}
</main>
</body>
</html>
`;
  return `<!doctype html>\n${page.text}`;
}
