import { CoreError, type OptionIssue, parseTrainConfig, type TrainConfig } from "@graft/core";
import type { SplitRule } from "../ports/rows.ts";

/** Weights that every server has or knows where to get; a file or an address would be the server's own. */
const WEIGHTS: readonly string[] = ["auto", "bundled", "imagenet"];

function refusal(key: keyof TrainConfig, message: string, received: unknown): CoreError {
  const issue: OptionIssue = { key, message, received: JSON.stringify(received) };
  const what = `\`${key}\`: ${message}. Received: ${issue.received}.`;
  return new CoreError("bad-input", { what }, { facts: { issues: [issue] } });
}

/**
 * A training's options as a server takes them: the split is the data set's, and so is where labels come from.
 * @throws CoreError `bad-input` with every option that is wrong, as `parseTrainConfig`.
 */
export function trainableConfig(
  input: Readonly<Record<string, unknown>>,
  { kind, fraction, groupPrefix }: SplitRule,
): TrainConfig {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const config = parseTrainConfig({ valSplit: fraction, groupPrefix, ...given });
  if (!WEIGHTS.includes(config.weights))
    throw refusal("weights", `it must be one of ${WEIGHTS.join(", ")} on a server`, config.weights);
  if (config.labelsFrom !== undefined)
    throw refusal(
      "labelsFrom",
      "the classes of a data set on a server are stored with it",
      config.labelsFrom,
    );
  if (kind === "drawn" && config.valSplit !== fraction)
    throw refusal(
      "valSplit",
      `the data set holds back ${fraction}; give the data set another split`,
      config.valSplit,
    );
  if (kind === "drawn" && config.groupPrefix !== groupPrefix)
    throw refusal(
      "groupPrefix",
      `the data set was split with ${groupPrefix}; give the data set another split`,
      config.groupPrefix,
    );
  return config;
}
