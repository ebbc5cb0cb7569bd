import type { TrainConfig } from "../config/config.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import type { DatasetWarning } from "./dataset-warnings.ts";
import { mirroredClasses } from "./mirrored-classes.ts";

const WAYS_OUT = "`flip: false` leaves out the flip, `augment: null` leaves out all changes";

/**
 * Tells of classes such as left and right when a training would mirror their images: half of the copies of the one then look
 * like the other. By the classes' names alone; there is no flip from top to bottom.
 * @param labels of the data set.
 */
export function flipWarning(
  labels: readonly string[],
  { augment }: Pick<TrainConfig, "augment">,
): DatasetWarning | undefined {
  if (!augment?.flip) return undefined;
  const pairs = mirroredClasses(labels);
  const [first] = pairs;
  if (!first) return undefined;
  const [one, other] = first.labels.map(visibleText);
  const condition = pairs.every(({ areLetters }) => areLetters) ? ", if they show these letters" : "";
  const what =
    pairs.length === 1
      ? `the classes ${one} and ${other} look alike once a flip mirrors their images${condition}`
      : `${pairs.length} pairs of classes look alike once a flip mirrors their images${condition}: ${nameFew(pairs.map(({ labels: names }) => names.join(" and ")))}`;
  return { code: "mirrored-classes", message: `${what}: ${WAYS_OUT}` };
}
