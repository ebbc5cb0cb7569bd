import { type Html, html } from "./html.ts";

/** One axis: its range, its marks and how a mark is written. */
export interface Axis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly marks: readonly number[];
  readonly format: (value: number) => string;
}

export interface Series {
  readonly name: string;
  /** Style sheet's class: first or second colour, or a dashed reference line that the legend leaves out. */
  readonly look: "first" | "second" | "reference";
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Marks each point; a single point is always marked. @default false */
  readonly dots?: boolean;
}

export interface Chart {
  readonly title: string;
  /** What the picture shows, for who cannot see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Bars from the bottom, behind the lines. */
  readonly bars?: readonly { readonly from: number; readonly to: number; readonly value: number }[];
  /** Upright lines with a word. */
  readonly markers?: readonly { readonly at: number; readonly label: string }[];
}

const [WIDTH, HEIGHT] = [360, 260];
const INSIDE = { left: 54, right: 22, top: 16, bottom: 40 };

const round = (value: number): number => Math.round(value * 100) / 100;

/** About `wanted` marks of 1, 2 or 5 · 10ⁿ in a range. */
export function niceMarks(min: number, max: number, wanted = 5): number[] {
  const raw = (max - min) / wanted;
  if (!(raw > 0)) return [min];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const marks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + 1e-9 * step; i++)
    marks.push(Number((i * step).toPrecision(12)));
  return marks;
}

/** A line chart as inline SVG with a caption and a legend; colours come from the page's style sheet. */
export function chart({ title, description, x, y, series, bars = [], markers = [] }: Chart): Html {
  const place = (value: number, { min, max }: Axis): number =>
    max > min ? (value - min) / (max - min) : 0.5;
  const xOf = (value: number): number =>
    round(INSIDE.left + place(value, x) * (WIDTH - INSIDE.left - INSIDE.right));
  const yOf = (value: number): number =>
    round(HEIGHT - INSIDE.bottom - place(value, y) * (HEIGHT - INSIDE.top - INSIDE.bottom));
  const [left, right, top, bottom] = [xOf(x.min), WIDTH - INSIDE.right, INSIDE.top, HEIGHT - INSIDE.bottom];
  const grid = y.marks.map(
    (mark) => html`<line class="grid" x1="${left}" x2="${right}" y1="${yOf(mark)}" y2="${yOf(mark)}"/>
      <text class="mark" x="${left - 6}" y="${yOf(mark) + 4}" text-anchor="end">${y.format(mark)}</text>`,
  );
  const columns = x.marks.map(
    (mark) =>
      html`<text class="mark" x="${xOf(mark)}" y="${bottom + 16}" text-anchor="middle">${x.format(mark)}</text>`,
  );
  const boxes = bars.map(
    ({ from, to, value }) => html`<rect class="bar" x="${xOf(from)}" y="${yOf(value)}"
      width="${Math.max(0, round(xOf(to) - xOf(from) - 1))}" height="${round(bottom - yOf(value))}"/>`,
  );
  const lines = series.map(({ look, points, dots }) => {
    const path = points.map(([px, py]) => `${xOf(px)},${yOf(py)}`).join(" ");
    const isMarked = dots || points.length === 1;
    return html`<polyline class="line ${look}" points="${path}"/>${
      isMarked &&
      points.map(([px, py]) => html`<circle class="dot ${look}" cx="${xOf(px)}" cy="${yOf(py)}" r="3"/>`)
    }`;
  });
  const uprights = markers.map(({ at, label }) => {
    const isRight = place(at, x) > 0.6;
    return html`<line class="marker" x1="${xOf(at)}" x2="${xOf(at)}" y1="${top}" y2="${bottom}"/>
      <text class="mark" x="${xOf(at) + (isRight ? -4 : 4)}" y="${top + 8}" text-anchor="${isRight ? "end" : "start"}">${label}</text>`;
  });
  const legend = series
    .filter(({ look }) => look !== "reference")
    .map(({ name, look }) => html`<span class="key ${look}">${name}</span>`);
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description}">
      ${grid}${columns}${boxes}
      <line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
      ${uprights}${lines}
      <text class="name" x="${(left + right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${x.label}</text>
      <text class="name" x="12" y="${(top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 12 ${(top + bottom) / 2})">${y.label}</text>
    </svg>
    ${legend.length > 0 && html`<p class="legend">${legend}</p>`}
  </figure>`;
}
