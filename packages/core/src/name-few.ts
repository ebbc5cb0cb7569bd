import { visibleText } from "./visible-text.ts";

/** "a, b, c and 4 more": a list that stays short, whatever was found. */
export function nameFew(names: readonly string[], most = 3): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return names.slice(0, most).map(visibleText).join(", ") + more;
}
