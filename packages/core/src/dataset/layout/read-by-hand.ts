import { nameFew } from "../../name-few.ts";
import { visibleText } from "../../visible-text.ts";
import { partOf } from "./folder-names.ts";
import { imageFolders, imagesBelow } from "./folder-tree.ts";
import { labelInName } from "./labels-in-names.ts";
import { readClasses } from "./read-classes.ts";
import { noteUnlabelled, placeLabels } from "./read-flat.ts";
import { readParts } from "./read-parts.ts";
import { matchTables, noteTable } from "./read-tables.ts";
import { type Reading, type View, withNote } from "./reading.ts";
import { labelsFromChoices, layoutError } from "./refuse.ts";

/** The table that was given, whose column may have been given too. */
async function fromFile(view: View, column: string | undefined): Promise<Reading> {
  const images = imagesBelow(view.root);
  const tables = await view.tables();
  const { found, unclear } = matchTables(tables, images, column);
  const [best] = found;
  if (best !== undefined && best.labels.size > 0) {
    const unlabelled = images.filter((path) => !best.labels.has(path));
    return { view: noteTable(view, best, unlabelled), ...placeLabels(view, best.labels) };
  }
  const [name = "The file"] = tables.map((table) => table.name);
  const [unknown] = unclear;
  const what =
    unknown === undefined
      ? `${visibleText(name)} names none of the images, or more than one column could name them: it needs one column with their paths or file names.`
      : `${visibleText(name)} names the images, but ${column === undefined ? "it is not clear which column holds the labels" : `it has no column ${visibleText(column)}`}; its columns are ${nameFew(unknown.candidates, 12)}.`;
  throw layoutError(view.source, what, {
    tree: view.tree,
    commands: labelsFromChoices((unknown?.candidates ?? []).map((each) => `${name}:${each}`)),
  });
}

/** The folder that an image lies in. */
function innerFolder(path: string): string | undefined {
  const names = path.split("/");
  return names.length > 1 ? names.at(-2) : undefined;
}

function labelsBy(view: View, labelOf: (path: string) => string | undefined): Reading {
  const images = imagesBelow(view.root);
  const labels = new Map<string, string>();
  for (const path of images) {
    const label = labelOf(path)?.normalize("NFC");
    if (label !== undefined) labels.set(path, label);
  }
  const unlabelled = images.filter((path) => !labels.has(path));
  return { view: noteUnlabelled(view, unlabelled), ...placeLabels(view, labels) };
}

/** `--labels-from`: what a person says about the labels, which no rule doubts. */
export async function readByHand(view: View): Promise<Reading | undefined> {
  const { labelsFrom } = view;
  switch (labelsFrom?.type) {
    case undefined:
      return undefined;
    case "folders": {
      const holdParts = imageFolders(view.root).some(
        ({ name, folders }) => partOf(name) !== undefined && folders.length > 0,
      );
      return (holdParts ? await readParts(view) : undefined) ?? readClasses(view);
    }
    case "inner-folders": {
      const reading = labelsBy(view, innerFolder);
      const names = [...new Set([...reading.placed.values()].map(({ label }) => label))].sort();
      return {
        ...reading,
        view: withNote(
          reading.view,
          "labels-from-folder",
          `the classes are the inner folders: ${nameFew(names, 6)}`,
        ),
      };
    }
    case "names":
      return labelsBy(view, labelInName);
    case "file":
      return fromFile(view, labelsFrom.column);
  }
}
