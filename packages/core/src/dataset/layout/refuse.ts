import { CoreError } from "../../errors.ts";
import { visibleText } from "../../visible-text.ts";
import { drawTrees } from "./draw-trees.ts";
import type { FolderNode } from "./folder-tree.ts";

/**
 * The error of a layout that cannot be trained on, with the expected tree beside the found one and what to type.
 * @param options.classes set where nothing says what the images show: `none`; or the one folder that may be a class. The facts
 *   `classes` ("none", "one") and `folder` say so to a host that takes such images all the same. The fact `choices` is
 *   `commands`, for an edge whose callers have no folder to look at.
 */
export function layoutError(
  source: string,
  what: string,
  options: {
    readonly tree: FolderNode;
    readonly commands?: readonly string[];
    readonly classes?: "none" | { readonly folder: string };
  },
): CoreError {
  const { tree, commands = [], classes } = options;
  const name = source.split(/[\\/]/).findLast((part) => part !== "") ?? source;
  const typed =
    commands.length === 0
      ? ""
      : `\nOr say where the labels are:\n${commands.map((line) => `  ${line}`).join("\n")}\n`;
  const fix = `Put the images of each class into a folder named after it, and nothing else beside these folders:\n\n${drawTrees(tree, visibleText(name))}\n${typed}`;
  const found = typeof classes === "object" ? { classes: "one", ...classes } : classes && { classes };
  return new CoreError("bad-input", { what, fix }, { facts: { source, choices: commands, ...found } });
}

/** `labelsFrom` with each of these tables and columns, as it can be typed; a column without a name cannot. */
export function labelsFromChoices(choices: readonly string[]): readonly string[] {
  return choices
    .filter((choice) => !choice.endsWith(":"))
    .slice(0, 6)
    .map((choice) => `\`labelsFrom: ${choice}\``);
}
