/** Where labels come from when the folders do not say it, or say something else. */
export type LabelsFrom =
  /** The outermost class folders, whatever they are called. */
  | { readonly type: "folders" }
  /** The folder that each image lies in. */
  | { readonly type: "inner-folders" }
  /** File names: cat.0.jpg. */
  | { readonly type: "names" }
  /** A table beside or elsewhere. */
  | { readonly type: "file"; readonly path: string; readonly column?: string };

/**
 * Reads `--labels-from`: folders, inner-folders, names, or FILE or FILE:COLUMN.
 * @param isFile true for the path of a file that is there: a name may hold colons itself.
 */
export function parseLabelsFrom(text: string, isFile: (path: string) => boolean): LabelsFrom {
  if (text === "folders" || text === "inner-folders" || text === "names") return { type: text };
  const colon = text.lastIndexOf(":");
  // "C:\labels.csv" has no column; "labels.csv:breed" has one
  if (isFile(text) || colon <= 1) return { type: "file", path: text };
  return { type: "file", path: text.slice(0, colon), column: text.slice(colon + 1) };
}
