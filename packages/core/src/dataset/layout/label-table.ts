/** Rows of a file that may say the label of each image; nothing is known of its columns yet. */
export interface LabelTable {
  /** For people: "train/_classes.csv", or what was given. */
  readonly name: string;
  /** The folder of the data set in which it lies, "" for its root: paths in it may start there. */
  readonly folder: string;
  /** Names of the columns; undefined where the first row may be data. */
  readonly columns: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
}

/** A table of ten million images is smaller. */
export const MOST_TABLE_BYTES = 256 * 2 ** 20;
/** Files that are looked at for labels: a set has a few tables, and may have a note beside each of its folders. */
export const MOST_TABLES = 50;

/** What a name of a table ends in. */
const TABLE_NAME = /\.(csv|tsv|jsonl?|ndjson)$/i;

/** A sample of the answers that a competition wants holds labels that mean nothing. */
const SAMPLE = /submission/i;

/** True for a file that may say the labels of the images beside it. */
export const isTableName = (path: string): boolean => TABLE_NAME.test(path) && !SAMPLE.test(path);
