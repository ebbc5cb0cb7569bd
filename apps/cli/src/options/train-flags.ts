/**
 * Command-line flags made from the one config schema: names, help, defaults and checks live in core's train/config.ts.
 */
import {
  CoreError,
  type OptionKey as Key,
  type OptionValues,
  optionIssuesSchema,
  optionIssueText,
  parseTrainConfig,
  RECIPE_DEFAULTS,
  type TrainConfig,
  type TrainOption,
  trainConfigSchema,
  trainOptions,
} from "@graft/core";
import { type Command, Option } from "commander";
import { UsageError } from "../exit/exit-codes.ts";
import { flagName, inFlags } from "./flag-text.ts";
import { unknownKeysMessage } from "./saved-config.ts";
import { helpText, valueName } from "./train-flags-help.ts";

/** Described once: five commands have flags of it, and each start declares them all. */
const OPTIONS = new Map<string, TrainOption>(trainOptions().map((option) => [option.key, option]));
/** Every option of a training, in the order of the schema: the flags of `graft train`. */
export const ALL_KEYS: readonly string[] = [...OPTIONS.keys()];
/** What features depend on (DESIGN 5): the flags of `graft features`. */
export const FEATURE_KEYS: readonly Key[] = [
  "weights",
  "inputRange",
  "cut",
  "size",
  "fit",
  "resize",
  "backend",
];
/** What a sweep leaves as it is; the other options it goes over, or has none of. */
export const SWEEP_KEYS: readonly Key[] = [
  ...FEATURE_KEYS.filter((key) => key !== "cut" && key !== "size"),
  ...(["epochs", "batchSize", "optimizer", "weightDecay", "momentum", "schedule", "warmup"] as const),
  ...(["dropout", "labelSmoothing", "mixup", "earlyStop", "classWeights"] as const),
  ...(["valSplit", "groupPrefix", "labelsFrom", "seed", "cacheType"] as const),
];
/** What the test of learning rates depends on. */
export const RATE_KEYS: readonly Key[] = [
  ...FEATURE_KEYS,
  ...(["recipe", "batchSize", "optimizer", "weightDecay", "momentum", "dropout"] as const),
  ...(["labelSmoothing", "mixup", "classWeights", "valSplit", "groupPrefix", "labelsFrom"] as const),
  ...(["seed", "cacheType"] as const),
];
/** What a split depends on: the flags of `graft inspect`. */
export const SPLIT_KEYS: readonly Key[] = ["valSplit", "groupPrefix", "labelsFrom", "seed"];

/** What can be turned off, and what is done then. */
const WITHOUT: Readonly<Partial<Record<Key, string>>> = {
  groupPrefix: "deal images that are numbered alike one by one, whatever was said before",
  augment: "train on the images as they are",
  earlyStop: "run all epochs",
  fineTune: "train the head alone, whatever --config says",
};
/** Of what augments, the one that changes what a picture shows. */
const WITHOUT_FLIP = "with --augment: no mirrored copies, for classes such as left and right";
/** What a flag without a value means, where a saved config says nothing. */
const TURNED_ON: Readonly<Partial<Record<Key, unknown>>> = { augment: {}, earlyStop: 5 };

const number = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/** Text of a flag → the value that the schema then checks; text that is no number stays text, so that its error shows it. */
function parserOf({ kind }: OptionValues): ((text: string) => unknown) | undefined {
  if (kind === "pair") return (text) => text.split(",").map(number);
  return kind === "number" ? number : undefined;
}

/**
 * Adds one flag for each option of the schema.
 * @param keys those that the command knows. @default all
 * @param options.isChange what is left out stays as it is: there are no defaults
 */
export function addTrainFlags<T extends Command>(
  command: T,
  keys: readonly string[] = ALL_KEYS,
  { isChange = false }: { readonly isChange?: boolean } = {},
): T {
  for (const key of keys) {
    const option = OPTIONS.get(key);
    if (!option) continue;
    const { values } = option;
    const [name, help] = [flagName(key), isChange ? inFlags(option.help) : helpText(option)];
    if (values.kind === "group") {
      command.option(`--${name}`, help).option("--no-flip", WITHOUT_FLIP);
    } else if (values.kind === "switch") {
      command.option(`--${name}`, help);
    } else {
      const value = option.key in TURNED_ON ? `[${valueName(option)}]` : `<${valueName(option)}>`;
      const flag = new Option(`--${name} ${value}`, help);
      const parser = parserOf(values);
      if (parser) flag.argParser(parser);
      if (values.kind === "choice") flag.choices(values.choices);
      command.addOption(flag);
    }
    const without = WITHOUT[option.key];
    if (without !== undefined) command.option(`--no-${name}`, without);
  }
  return command;
}

function isKey(key: string): key is Key {
  return key in trainConfigSchema.shape;
}

/** Flags (and a saved config below them) → the options that they give; what is left out is the recipe's. */
export function optionsFromFlags(
  flags: Readonly<Record<string, unknown>>,
  saved: unknown = {},
): Record<string, unknown> {
  const base: Record<string, unknown> = { ...asRecord(saved) };
  if (flags.fineTune === false)
    for (const key of Object.keys(base)) if (key.startsWith("fineTune")) delete base[key];
  for (const [key, value] of Object.entries(flags)) {
    if (!isKey(key) || value === undefined) continue;
    if (key in WITHOUT && value === false)
      base[key] = OPTIONS.get(key)?.values.kind === "switch" ? false : null;
    else if (key in TURNED_ON && value === true) base[key] ??= TURNED_ON[key];
    else base[key] = value;
  }
  if (flags.flip === false) leaveFlipOut(base);
  return base;
}

/**
 * {@link optionsFromFlags}, complete.
 * @throws UsageError that names every wrong flag with what it was given.
 */
export function configFromFlags(flags: Readonly<Record<string, unknown>>, saved: unknown = {}): TrainConfig {
  try {
    return parseTrainConfig(optionsFromFlags(flags, saved));
  } catch (error) {
    if (error instanceof CoreError) throw usageError(error, String(flags.config));
    throw error;
  }
}

/** @param file the saved config: of flags only known ones are taken over, so that unknown options are the file's. */
function usageError({ message, facts }: CoreError, file: string): UsageError {
  const issues = optionIssuesSchema.safeParse(facts).data?.issues;
  const lines = issues?.map((issue) =>
    issue.unknown === undefined ? optionIssueText(issue) : unknownKeysMessage(file, issue.unknown),
  );
  return new UsageError(inFlags(lines?.join("\n") ?? message));
}

/** Changes the augmentation that is asked for, or that the recipe brings; where there is none, there is no flip either. */
function leaveFlipOut(base: Record<string, unknown>): void {
  const recipe = trainConfigSchema.shape.recipe.safeParse(base.recipe).data;
  const augment = base.augment === undefined && recipe ? RECIPE_DEFAULTS[recipe].augment : base.augment;
  if (typeof augment === "object" && augment !== null && !Array.isArray(augment))
    base.augment = { ...augment, flip: false };
}

/** The words that give a config again: those of its options that are not its recipe's defaults. */
export function wordsOfConfig(config: TrainConfig, keys: readonly Key[]): string[] {
  const usual = parseTrainConfig({ recipe: config.recipe });
  return keys.flatMap((key) => {
    const value = config[key];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(usual[key])) return [];
    if (value === null) return [`--no-${flagName(key)}`];
    if (typeof value === "boolean") return value ? [`--${flagName(key)}`] : [];
    return [`--${flagName(key)}`, String(value)];
  });
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
