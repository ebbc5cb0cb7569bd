import { renderOptions, type SerializedError } from "@graft/core";
import { LABEL_SOURCES } from "../ports/rows.ts";

/** "labels.csv:breed": what stands before the colon ends as a table does, where it can be told. */
const TABLE = /^(.*?\.(?:csv|tsv|jsonl?|ndjson|txt)|.*):(.*)$/i;

function tableText(value: string): string {
  const [, path = value, column] = TABLE.exec(value.replace("[:COLUMN]", ":COLUMN")) ?? [];
  return JSON.stringify({ path, ...(column === undefined ? {} : { column }) });
}

/**
 * A text of core on where labels are, as an upload is told: a table is core's "`labelsFrom: labels.csv:breed`" and an upload's
 * "`labelTable: {"path":"labels.csv","column":"breed"}`".
 */
export const labelWords = (text: string): string =>
  renderOptions(text, (key, value) => {
    if (key !== "labelsFrom" || value === undefined) return undefined;
    return LABEL_SOURCES.some((source) => source === value)
      ? undefined
      : `\`labelTable: ${tableText(value)}\``;
  });

const FOLDERS =
  "put the pictures of each class into a folder named after it, and nothing else beside these folders: cats/1.jpg, dogs/1.jpg.";

/** Why an upload was refused: of a layout, what its sender can do, who gave paths and has no folder there to look at. */
export function labelError({ message, facts, parts, ...error }: SerializedError): SerializedError {
  const { choices, ...others } = facts;
  if (!parts || !Array.isArray(choices)) return { ...error, message, facts, ...(parts && { parts }) };
  const what = labelWords(parts.what);
  const lines = choices.map((line) => `  ${labelWords(String(line))}\n`);
  const begin = lines.length === 0 ? "" : `say where the labels are:\n${lines.join("")}Or `;
  const fix = `Begin another upload, and ${begin}${FOLDERS}`;
  return { ...error, message: `${what} ${fix}`, facts: others, parts: { what, fix } };
}
