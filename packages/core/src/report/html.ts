import { visibleText } from "../visible-text.ts";

/** A piece of a page that is safe to put into another: its text was escaped when it was made. */
export class Html {
  readonly text: string;
  /** Only `html` makes them, from templates written in this source. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text and numbers are escaped, pieces go in as they are, null and false are nothing. */
export type HtmlPart = Html | string | number | null | false | readonly HtmlPart[];

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

/** Text for an element's content or a quoted attribute; what would hide or turn it is written out, as on a terminal. */
export function escapeHtml(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

function textOf(part: HtmlPart): string {
  if (part === null || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return part.map(textOf).join("");
}

/** A template whose values are escaped: the only way in which a page is put together. */
export function html(pieces: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const text = pieces.map((piece, i) => piece + textOf(parts[i] ?? null)).join("");
  return new Html(text);
}
