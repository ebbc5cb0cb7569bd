import {
  type Columns,
  type ExportFormat,
  exportFormatFacts,
  factsPath,
  SNIPPET_FILES,
  TFJS_FILES,
} from "@graft/core";
import { checkFilePlace, checkPlace } from "@graft/core/node";
import { UsageError } from "../exit/exit-codes.ts";
import type { Flags } from "../session/context.ts";
import { FACTS_NOUN } from "./export-facts-file.ts";
import { EXPORT_FORMAT_NAMES } from "./export-format-names.ts";

/** What the flags of `graft export` ask for. */
export interface AskedExport {
  readonly format: ExportFormat;
  readonly columns: Columns | undefined;
  readonly out: string;
  readonly force: boolean;
  /** It is one file, with its facts beside it. */
  readonly isFile: boolean;
}

/** File names that a format's folder may hold. */
const KNOWN: Readonly<Partial<Record<ExportFormat, readonly string[]>>> = {
  tfjs: TFJS_FILES,
  ...SNIPPET_FILES,
};

/** By which rules an export's place is looked at, and filled. */
export const exportRules = ({ format, force }: Pick<AskedExport, "format" | "force">) => ({
  ...{ noun: "export", force },
  known: KNOWN[format] ?? [],
});

/** @throws UsageError for a name of the wrong kind, and for columns that the format cannot have. */
export function askedExport(flags: Flags): AskedExport {
  const format = EXPORT_FORMAT_NAMES.find((known) => known === flags.format);
  if (format === undefined) throw new TypeError(`commander lets ${String(flags.format)} through`);
  const { extension } = exportFormatFacts(format);
  const out = String(flags.out);
  const columns = columnsOf(flags, format);
  if (extension !== undefined && !out.toLowerCase().endsWith(extension)) {
    throw new UsageError(
      `--out: expected a name that ends in ${extension}, so that programs know the format. Received: ${out}.`,
    );
  }
  return { format, columns, out, force: flags.force === true, isFile: extension !== undefined };
}

/** @throws UsageError for a format that has one column for each class, always. */
function columnsOf({ columns }: Flags, format: ExportFormat): Columns | undefined {
  if (columns !== "1") return columns === "2" ? 2 : undefined;
  if (exportFormatFacts(format).canHaveOneColumn) return 1;
  throw new UsageError(
    `--columns: ${format} always has one column for each class. Received: 1. Expected: 2, or another format: tfjs, h5 or keras.`,
  );
}

/** Looks whether an export may be placed there, before any work. @throws CoreError as `checkPlace`. */
export async function checkExportPlace(asked: AskedExport): Promise<void> {
  const { out, force, isFile } = asked;
  if (!isFile) return checkPlace(out, exportRules(asked));
  await checkFilePlace(out, exportRules(asked));
  await checkFilePlace(factsPath(out), { noun: FACTS_NOUN, force });
}
