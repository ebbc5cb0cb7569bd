/** What a terminal obeys instead of showing: control characters, line separators, and those that turn the reading order. */
const COMMANDS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** What shows nothing; joiners only where they join nothing (they belong to emoji, and to words of many languages). */
const NOTHING = /[\u00ad\u200b\u2060\ufeff]|(?<![^\0-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\0-\x7f])/gu;
const SHORT = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  const digits = code.toString(16);
  return (
    SHORT.get(character) ?? (code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`)
  );
}

/**
 * A name as people are shown it, on one line: "a\nb" for a line break, "\x1b" for an escape. For text alone; files are
 * opened, and data is written, by the name itself.
 */
export function visibleText(text: string): string {
  return text.replace(COMMANDS, escaped).replace(NOTHING, escaped);
}

/** Text of several lines: their breaks are kept, all else is as in `visibleText`. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visibleText).join("\n");
}

/** A name as it stands in a sentence: in quotes where its ends, or marks in it, would not be seen. */
export function quotedText(text: string): string {
  const shown = visibleText(text);
  return shown !== text || text.trim() !== text || text === "" ? `"${shown}"` : shown;
}
