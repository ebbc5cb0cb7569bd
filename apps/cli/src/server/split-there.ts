import type { TrainConfig } from "@graft/core";
import { percent } from "../output/text.ts";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";

/** What was said of a split; what was not said stays as the data set has it. */
export type SplitAsked = Pick<Partial<TrainConfig>, "seed" | "valSplit" | "groupPrefix">;

type Resplit = Awaited<ReturnType<ServerClient["api"]["datasets"]["resplit"]["mutate"]>>;

/** What was said of a split, by flags or in a saved config. @param config complete @param given what was said */
export function splitAsked(
  { seed, valSplit, groupPrefix }: SplitAsked,
  given: Readonly<Record<string, unknown>>,
): SplitAsked {
  return {
    ...(given.seed === undefined || seed === undefined ? {} : { seed }),
    ...(given.valSplit === undefined || valSplit === undefined ? {} : { valSplit }),
    ...(given.groupPrefix === undefined || groupPrefix === undefined ? {} : { groupPrefix }),
  };
}

/** A split in words: "20 % held back, seed 42". */
export function splitText({ kind, fraction, seed, groupPrefix }: Resplit["split"]): string {
  if (kind === "given") return "as its folders say";
  return `${percent(fraction)} held back, seed ${seed}${groupPrefix ? ", numbered pictures together" : ""}`;
}

/** What a new split has changed, for people. */
export function resplitText({ split, moved }: Resplit): string {
  const pictures = moved.reduce((sum, one) => sum + one.pictures, 0);
  const changed = pictures === 1 ? "1 picture is" : `${pictures} pictures are`;
  return `${splitText(split)}; ${changed} on another side now. Runs that were trained before keep the split that they had.`;
}

/** A whole new split of a data set. */
export function drawSplit(
  { api }: ServerClient,
  dataset: string,
  { seed, valSplit: fraction, groupPrefix }: SplitAsked,
): Promise<Resplit> {
  return api.datasets.resplit.mutate({
    dataset,
    ...(seed === undefined ? {} : { seed }),
    ...(fraction === undefined ? {} : { fraction }),
    ...(groupPrefix === undefined ? {} : { groupPrefix }),
  });
}

/**
 * Splits a data set as it was said, where it is split otherwise. A data set whose folders say what is held back stays as it is,
 * as it does on this computer.
 * @param options.isNew nobody knows it by another split, so nothing is said.
 */
export async function splitThere(
  session: Session,
  client: ServerClient,
  options: { readonly dataset: string; readonly asked: SplitAsked; readonly isNew: boolean },
): Promise<void> {
  const { dataset, asked, isNew } = options;
  if (Object.keys(asked).length === 0) return;
  const { split } = await client.api.datasets.get.query({ dataset });
  if (split.kind !== "drawn") return;
  const { seed = split.seed, valSplit = split.fraction, groupPrefix = split.groupPrefix } = asked;
  if (seed === split.seed && valSplit === split.fraction && groupPrefix === split.groupPrefix) return;
  const drawn = await drawSplit(client, dataset, asked);
  // `graft inspect` prints them with its report
  if (session.context.command !== "inspect")
    for (const { message } of drawn.notes) session.notice(`Note: ${message}`);
  if (!isNew) session.notice(`Note: the data set there was split anew: ${resplitText(drawn)}`);
}
