import type { TrainConfig } from "../config/config.ts";
import type { HeadSpec } from "./types.ts";

/** Units of the course notebook's hidden layer. */
const CLASSIC_HIDDEN = 1024;

/**
 * The head that a config asks for: `gap` is one softmax layer on pooled features; `classic` is the course notebook's
 * hidden relu layer, then one sigmoid for two classes or a softmax for more.
 */
export function headSpec({ recipe, dropout }: TrainConfig, numClasses: number): HeadSpec {
  if (recipe === "gap") {
    return { recipe, numClasses, activation: "softmax", units: numClasses, hidden: 0, dropout };
  }
  const output =
    numClasses === 2
      ? ({ activation: "sigmoid", units: 1 } as const)
      : ({ activation: "softmax", units: numClasses } as const);
  return { recipe, numClasses, ...output, hidden: CLASSIC_HIDDEN, dropout };
}
