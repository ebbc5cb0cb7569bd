import { columnsText, type Model } from "@graft/core";

/** An export, and what is said of it. */
export interface WrittenExport {
  /** The model that was exported. */
  readonly trained: Model;
  /** The same with the columns that the export has. */
  readonly written: Model;
  /** Where in the export the labels are. */
  readonly labelsIn: string;
  /** Path of the facts beside it; absent for a folder. */
  readonly facts?: string;
  /** The format can also have the one column of the head. */
  readonly canHaveOneColumn: boolean;
}

/** What the columns of an exported network's output are, and where a reader finds the labels. */
export function exportText({ trained, written, labelsIn, facts, canHaveOneColumn }: WrittenExport): string {
  const columns = columnsText(written.manifest).replace(/^./, (first) => first.toUpperCase());
  const isWidened = written.manifest.head.units !== trained.manifest.head.units;
  return [
    `${columns}.`,
    ...(isWidened && canHaveOneColumn
      ? [`The model itself has ${columnsText(trained.manifest)}. --columns 1 exports it that way.`]
      : []),
    `Labels: in ${labelsIn}${facts === undefined ? "" : ` and in ${facts}`}.`,
  ].join("\n");
}

/** The same for programs. */
export function exportJson({ written: { manifest }, facts }: WrittenExport): object {
  const { labels, head } = manifest;
  return {
    ...{ labels, columns: head.units, output: columnsText(manifest) },
    ...(facts === undefined ? {} : { facts }),
  };
}
