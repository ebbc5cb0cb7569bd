import * as z from "zod";
import { CoreError } from "../errors.ts";
import { tailOf } from "../trunk/tail.ts";
import { RECIPE_DEFAULTS, type TrainConfig, trainConfigSchema, WEIGHT_DECAY } from "./config.ts";

/** What is wrong with options: facts of a `bad-input` of {@link parseTrainConfig}, as `{ issues }`. */
export const optionIssuesSchema = z.object({
  issues: z.array(
    z.object({
      /** The option; absent for what is wrong with all of them together. */
      key: z.string().exactOptional(),
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
  const { momentum, optimizer, fineTune, cut, weightDecay } = config;
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

/** A value as it is shown; what JSON has no words for (a NaN, a function) as JavaScript's. */
const shown = (value: unknown): string =>
  (typeof value === "number" ? undefined : JSON.stringify(value)) ?? String(value);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function issuesOf(error: z.ZodError, given: Readonly<Record<string, unknown>>): OptionIssue[] {
  return error.issues.map((issue): OptionIssue => {
    const { message, path } = issue;
    const [key] = path;
    if (key !== undefined) return { key: String(key), message, received: shown(given[String(key)]) };
    return issue.code === "unrecognized_keys" ? { message, unknown: issue.keys } : { message };
  });
}

function refusal(issues: readonly OptionIssue[]): CoreError {
  const lines = issues.map(({ key, message, received }) =>
    key === undefined ? `${message}.` : `\`${key}\`: ${message}. Received: ${received}.`,
  );
  return new CoreError("bad-input", { what: lines.join("\n") }, { facts: { issues } });
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
  if (!parsed.success) throw refusal(issuesOf(parsed.error, given));
  const config = parsed.data;
  const wrong = wrongTogether(config);
  if (wrong) throw refusal([{ ...wrong, received: shown(config[wrong.key]) }]);
  return config;
}
