import * as z from "zod";
import { capitalized } from "../capitalized.ts";
import { CoreError } from "../errors.ts";
import { nameFew } from "../name-few.ts";
import { tailOf } from "../trunk/tail.ts";
import {
  augmentationSchema,
  RECIPE_DEFAULTS,
  type TrainConfig,
  trainConfigSchema,
  WEIGHT_DECAY,
} from "./config.ts";
import { type OptionInfo, optionInfos, valuesText } from "./option-values.ts";

/** What is wrong with options: facts of a `bad-input` of {@link parseTrainConfig}, as `{ issues }`. */
export const optionIssuesSchema = z.object({
  issues: z.array(
    z.object({
      /** The option; absent for what is wrong with all of them together. */
      key: z.string().exactOptional(),
      /** Which of the option's own options, such as zoom of `augment`. */
      field: z.string().exactOptional(),
      message: z.string(),
      /** As JSON. */
      received: z.string().exactOptional(),
      /** Keys that are no options. */
      unknown: z.array(z.string()).exactOptional(),
    }),
  ),
});
export type OptionIssue = z.infer<typeof optionIssuesSchema>["issues"][number];

/** What goes with `fineTune`. */
const FINE_TUNE_OPTIONS = [
  "fineTuneEpochs",
  "fineTuneLearningRate",
  "fineTuneSchedule",
  "fineTuneWarmup",
] as const;

type Wrong = { readonly key: keyof TrainConfig; readonly message: string };

/** What a single option cannot see: what goes together. The first that does not. */
function wrongTogether(config: TrainConfig): Wrong | undefined {
  const { momentum, optimizer, fineTune, cut, weightDecay, inputRange } = config;
  if (inputRange && inputRange[0] === inputRange[1])
    return { key: "inputRange", message: "its two numbers must differ" };
  if (weightDecay > 0 && weightDecay !== WEIGHT_DECAY && optimizer !== "adamw") {
    const message = `only the adamw optimizer has weight decay, and this one is ${optimizer}`;
    return { key: "weightDecay", message };
  }
  for (const [key, epochs] of [
    ["warmup", "epochs"],
    ["fineTuneWarmup", "fineTuneEpochs"],
  ] as const)
    if (config[key] > 0 && config[key] >= config[epochs])
      return { key, message: `it must end before the last of the ${config[epochs]} epochs` };
  if (momentum > 0 && optimizer !== "sgd")
    return {
      key: "momentum",
      message: `only the sgd optimizer has momentum, and this one is ${optimizer}`,
    };
  if (fineTune === null) {
    const key = FINE_TUNE_OPTIONS.find(
      (each) => config[each] !== trainConfigSchema.shape[each].parse(undefined),
    );
    return key === undefined ? undefined : { key, message: "it has no effect without `fineTune: LAYER`" };
  }
  try {
    tailOf(fineTune, cut);
    return undefined;
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    return { key: "fineTune", message: error.message.replace(/\.$/, "") };
  }
}

/** A value as it is shown; what JSON has no words for (a NaN, a function, a BigInt) as JavaScript's. */
function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** An object that is no Map, no Date and no array. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === "[object Object]";

/** What is wrong by itself, once an option: that a number is too large and no whole one is told in one sentence. */
function issuesOf(error: z.ZodError, given: Readonly<Record<string, unknown>>): OptionIssue[] {
  const infos = new Map<string, OptionInfo>(optionInfos().map((option) => [option.key, option]));
  const issues = new Map<string, OptionIssue>();
  for (const { code, message, path, ...issue } of error.issues) {
    const [key, field] = path.map(String);
    const info = key === undefined ? undefined : infos.get(key);
    if (key === undefined || info === undefined) {
      const unknown = code === "unrecognized_keys" && "keys" in issue ? issue.keys : [];
      const text = unknown.length === 0 ? message : `there is no option ${nameFew(unknown)}`;
      issues.set("", { message: text, ...(unknown.length === 0 ? {} : { unknown }) });
      continue;
    }
    const { values } = info;
    const inside = values.kind === "group" ? values.fields.find((one) => one.key === field) : undefined;
    issues.set(`${key}.${inside?.key ?? ""}`, {
      key,
      ...(inside ? { field: inside.key } : {}),
      message: `it must be ${valuesText((inside ?? info).values)}`,
      received: shown(given[key]),
    });
  }
  return [...issues.values()];
}

/** Keys of `augment` that are none of its options; a stored config may have them, from a newer graft. */
function unknownInside({ augment }: Readonly<Record<string, unknown>>): OptionIssue[] {
  const unknown = isRecord(augment)
    ? Object.keys(augment).filter((key) => !(key in augmentationSchema.shape))
    : [];
  const fields = Object.keys(augmentationSchema.shape).join(", ");
  const message = `it has no option ${unknown.join(", ")}; its options are ${fields}`;
  return unknown.length === 0 ? [] : [{ key: "augment", message, received: shown(augment) }];
}

/** An issue in a sentence, its option by key. */
export function optionIssueText({ key, field, message, received }: OptionIssue): string {
  if (key === undefined) return `${capitalized(message)}.`;
  return `\`${key}\`: ${field === undefined ? "" : `${field}: `}${message}. Received: ${received}.`;
}

function refusal(issues: readonly OptionIssue[]): CoreError {
  return new CoreError("bad-input", { what: issues.map(optionIssueText).join("\n") }, { facts: { issues } });
}

/**
 * Schema defaults ← recipe defaults ← the user's options.
 * @param input a `TrainConfigInput`, from wherever; what is undefined is not given.
 * @throws CoreError `bad-input` with every option that is wrong (facts: {@link optionIssuesSchema}), also for options that
 * would be passed over and for a layer that cannot be fine-tuned from.
 */
export function parseTrainConfig(input: unknown): TrainConfig {
  if (!isRecord(input)) {
    const what = "The options of a training cannot be read.";
    throw new CoreError("bad-input", { what, received: shown(input), expected: "an object" });
  }
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const recipe = trainConfigSchema.shape.recipe.safeParse(given.recipe).data;
  const parsed = trainConfigSchema.safeParse({ ...(recipe && RECIPE_DEFAULTS[recipe]), ...given });
  const unknown = unknownInside(given);
  if (!parsed.success) throw refusal([...issuesOf(parsed.error, given), ...unknown]);
  if (unknown.length > 0) throw refusal(unknown);
  const config = parsed.data;
  const wrong = wrongTogether(config);
  if (wrong) throw refusal([{ ...wrong, received: shown(config[wrong.key]) }]);
  return config;
}
