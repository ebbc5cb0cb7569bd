/**
 * The options of a training as data: what a flag, a field of a form and an API's description are made from. Read off
 * `trainConfigSchema`, so that an option is told of in one place alone.
 */
import type { TrainConfig } from "./config.ts";
import { type OptionInfo, type OptionKey, optionInfos } from "./option-values.ts";
import { parseTrainConfig } from "./parse-config.ts";

/** A text or more for each option, as an edge has them: one that lacks an option does not compile. */
export type OptionWords<Words> = Readonly<Record<OptionKey, Words>>;

export interface TrainOption extends OptionInfo<OptionKey> {
  /** Its value where none is given, for each recipe; undefined for an option that has none. */
  readonly defaults: Readonly<Record<TrainConfig["recipe"], TrainConfig[OptionKey]>>;
}

/** Every option of a training, in the schema's order. */
export function trainOptions(): readonly TrainOption[] {
  const [gap, classic] = [parseTrainConfig({ recipe: "gap" }), parseTrainConfig({ recipe: "classic" })];
  return optionInfos().map((option) => {
    const { key } = option;
    // the recipe itself is gap where none is given
    const ofClassic = key === "recipe" ? gap : classic;
    return { ...option, defaults: { gap: gap[key], classic: ofClassic[key] } };
  });
}
