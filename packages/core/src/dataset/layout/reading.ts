import type { DatasetNote, Part, SkippedFile } from "../types.ts";
import type { FolderNode } from "./folder-tree.ts";
import type { LabelTable } from "./label-table.ts";
import type { LabelsFrom } from "./labels-from.ts";

/** What the images are opened for: a training must find all in order, a model is scored on what there is. */
export type Purpose = "train" | "score";

/** A data set as the rules see it. */
export interface View {
  /** For people: the folder, archive or set name as given. */
  readonly source: string;
  /** All that was found, for messages. */
  readonly tree: FolderNode;
  /** What is left of it to be understood: without wrapping folders and what was set aside. */
  readonly root: FolderNode;
  readonly purpose: Purpose;
  /** `labelsFrom`. */
  readonly labelsFrom: LabelsFrom | undefined;
  /** Names that are known to be classes: those of the model that is scored, and those of train for the other parts. */
  readonly knownLabels: ReadonlySet<string>;
  /** Files that may name the label of each image, read when they are needed first. */
  readonly tables: () => Promise<readonly LabelTable[]>;
  /** Files that are left out on purpose, and why. */
  readonly skipped: readonly SkippedFile[];
  readonly notes: readonly DatasetNote[];
}

/** Where an image belongs. */
export interface Place {
  readonly label: string;
  readonly part?: Part;
}

export interface ClassFolder extends Place {
  readonly folder: FolderNode;
}

/** What a rule makes of a data set. */
export interface Reading {
  /** With what the rule has to say. */
  readonly view: View;
  /** Class and part of every file that has one, by path. */
  readonly placed: ReadonlyMap<string, Place>;
  /** Where folders are classes, theirs. */
  readonly classFolders: readonly ClassFolder[];
  /** The part folders. */
  readonly parts: readonly FolderNode[];
}

/** The view with one note more. */
export const withNote = (view: View, code: DatasetNote["code"], message: string): View => ({
  ...view,
  notes: [...view.notes, { code, message }],
});

/** The view with these files left out. */
export const withSkipped = (view: View, paths: readonly string[], reason: string): View => ({
  ...view,
  skipped: [...view.skipped, ...paths.map((path) => ({ path, reason }))],
});
