import { resolve } from "node:path";
import { MOST_TOLD, type ToldEvaluation } from "@graft/core";
import type { CommandContext } from "../session/context.ts";
import { evaluationJson } from "./evaluation-json.ts";
import { evaluationText, mistakesText } from "./evaluation-text.ts";
import { findingsText, splitGapText, trustText } from "./findings-text.ts";
import { print, printJson } from "./stdout.ts";

/** Prints an evaluation, wherever it was made. @param report file of its page. @default there is none */
export function printEvaluation({ json }: CommandContext, told: ToldEvaluation, report?: string): void {
  if (json) {
    printJson({ ...evaluationJson(told), ...(report === undefined ? {} : { report: resolve(report) }) });
    return;
  }
  const texts = [
    ...[evaluationText(told.evaluation), trustText(told), mistakesText(told.mistakes.slice(0, MOST_TOLD))],
    ...[findingsText(told), splitGapText(told.splitGap)],
    report === undefined ? "" : `Report: ${report}`,
  ];
  print(texts.filter((text) => text !== "").join("\n\n"));
}
