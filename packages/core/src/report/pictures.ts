import { count, percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { EvaluationReport, ReportAnswer, ReportPicture } from "./types.ts";

/** A picture and its heat map, or a word where there is none any more. */
function images({ path, picture, heat }: ReportPicture): Html {
  if (picture === undefined) return html`<div class="missing">cannot be read</div>`;
  return html`<div class="pair"><img src="${picture}" alt="${path}" width="144" height="144" loading="lazy"/>${
    heat !== undefined &&
    html`<img src="${heat}" alt="heat map of ${path}" width="144" height="144" loading="lazy"/>`
  }</div>`;
}

function card(picture: ReportPicture, words: Html): Html {
  return html`<li class="card">${images(picture)}<p class="path">${picture.path}</p><p>${words}</p></li>`;
}

const shown = (listed: number, total: number): string =>
  listed < total ? ` The first ${listed} are shown.` : "";

const answer = ({ truth, said, score }: ReportAnswer): Html =>
  html`is <b>${truth}</b>, said <b>${said}</b> (${percent(score)})`;

/** What the model got wrong while being most sure. */
export function mistakesSection({ mistakes, totalMistakes }: EvaluationReport): Html {
  if (totalMistakes === 0) return html`<p>There are none.</p>`;
  return html`<p>${count(totalMistakes, "mistake")}, the most confident first. The colours show what led to the answer that was given
    (Grad-CAM): red the most, no colour nothing.${shown(mistakes.length, totalMistakes)}</p>
    <ul class="cards">${mistakes.map((mistake) => card(mistake, answer(mistake)))}</ul>`;
}

/** Labels that are probably wrong. */
export function labelErrorsSection({ labelErrors, totalLabelErrors }: EvaluationReport): Html {
  if (totalLabelErrors === 0) return html`<p>None was found.</p>`;
  return html`<p>${count(totalLabelErrors, "label")} that the model doubts: the picture is unusually unlike its class, and as like another one
    as that one's own pictures usually are (confident learning). Many are hard pictures with the right label: look before you
    move one.${shown(labelErrors.length, totalLabelErrors)}</p>
    <ul class="cards">${labelErrors.map((error) => card(error, answer(error)))}</ul>`;
}

/** Images that are there more than once, or nearly. */
export function duplicatesSection({ duplicates, totalDuplicates }: EvaluationReport): Html {
  if (totalDuplicates === 0) return html`<p>None was found in the data set.</p>`;
  const across = duplicates.filter((group) => group.across).length;
  const groups = duplicates.map(
    (group) =>
      html`<li class="group"><p>${group.by === "content" ? "the same file" : "different files that look alike"}${
        group.across && html` <strong class="warn">on both sides of the split</strong>`
      }</p><ul class="cards">${group.images.map((image) =>
        card(image, html`${image.label}${image.part !== undefined && `, ${image.part}`}`),
      )}</ul></li>`,
  );
  return html`<p>${count(totalDuplicates, "group")} of images that are the same file, or look alike by their perceptual hash${
    across > 0 && `; ${across} of them on both sides of the split, where learning by heart scores`
  }.${shown(duplicates.length, totalDuplicates)}</p><ul class="groups">${groups}</ul>`;
}

type Unlike = Exclude<EvaluationReport["unlike"], { readonly reason: string }>;

/** By what a picture is listed, as the end of "is …". */
function unlikeRule({ rule, threshold, compared, usual }: Unlike): Html {
  const hundred = Math.round(100 * usual);
  return rule === "model"
    ? html`further from what the model learned from ${compared} training pictures than ${hundred} in 100 of the held-out ones
    (distance above ${threshold.toFixed(3)})`
    : html`further from the nearest of ${compared} training pictures than ${hundred} in 100 of those are from one another
    (cosine distance of pooled features above ${threshold.toFixed(3)})`;
}

/** Pictures of nothing that was trained. */
export function unlikeSection({ unlike }: EvaluationReport): Html {
  if ("reason" in unlike) return html`<p>${unlike.reason}</p>`;
  const { total, usual } = unlike;
  const rule = unlikeRule(unlike);
  if (total === 0) return html`<p>None is ${rule}.</p>`;
  return html`<p>${count(total, "picture")} ${total === 1 ? "is" : "are"} ${rule}. About ${Math.round(100 * (1 - usual))} in a hundred ordinary
    pictures are listed too, and many pictures of something else are not; if a picture belongs to no class, the model's answer means
    nothing.${shown(unlike.images.length, total)}</p>
    <ul class="cards">${unlike.images.map((image) =>
      card(image, html`distance ${image.distance.toFixed(3)}, said <b>${image.said}</b>`),
    )}</ul>`;
}
