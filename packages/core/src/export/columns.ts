import { CoreError } from "../errors.ts";
import type { Model } from "../model/types.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";

/** Columns of an export's output where the head has one sigmoid for two classes: as it is, or one a class. */
export type Columns = 1 | 2;

/** Names of classes that a sentence holds. */
const NAMED = 5;

/** What the columns of a network's output are, as a clause. */
export function columnsText({ labels, head }: Pick<Model["manifest"], "labels" | "head">): string {
  if (head.activation === "softmax")
    return `${head.units} columns, one for each class: ${nameFew(labels, NAMED)}`;
  const [first = "", second = ""] = labels.map(visibleText);
  return `one column: the probability of ${second}; that of ${first} is 1 minus it`;
}

/** [inputs, 1] → [inputs, 2] (or [1] → [2]): a column of zeros before each number. */
function besideZero(column: Float32Array): Float32Array {
  const columns = new Float32Array(2 * column.length);
  for (const [row, value] of column.entries()) columns[2 * row + 1] = value;
  return columns;
}

/**
 * The same model with another last layer: a sigmoid's one column z becomes the softmax of [0, z], which is [1 − σ(z), σ(z)].
 * Any program that knows a dense layer takes it, and whoever takes the largest of the columns (argmax) gets the right class;
 * of one column the largest is always the first.
 */
function asSoftmax(model: Model): Model {
  const { head } = model.manifest;
  return {
    ...model,
    manifest: { ...model.manifest, head: { ...head, activation: "softmax", units: 2 } },
    head: new Map(
      [...model.head].map(([name, values]) => [
        name,
        name.startsWith("predictions/") ? besideZero(values) : values,
      ]),
    ),
  };
}

/**
 * A model with as many columns as an export is to have.
 * @param columns 1: a sigmoid's single column stays. @default one a class
 * @throws CoreError `bad-input` for a number of columns that the head cannot be written with.
 */
export function withColumns(model: Model, columns?: Columns): Model {
  const { activation, units } = model.manifest.head;
  if (activation === "sigmoid") return columns === 1 ? model : asSoftmax(model);
  if (columns === undefined || columns === units) return model;
  throw new CoreError("bad-input", {
    what: `This model cannot be written with ${columns === 1 ? "one column" : `${columns} columns`}: its last layer is a softmax of ${units}.`,
    received: `\`columns: ${columns}\``,
    expected: `${units}, one for each class`,
    fix: "Leave out `columns`: it is for a head with one sigmoid for two classes, such as `recipe: classic` makes.",
  });
}
