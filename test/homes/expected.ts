import * as z from "zod";

const epochSchema = z.object({ epoch: z.int(), loss: z.number(), valLoss: z.number() });
const predictionSchema = z.object({
  image: z.string(),
  label: z.string(),
  scores: z.record(z.string(), z.number()),
});
const scoredSchema = z.object({ images: z.int(), accuracy: z.number(), loss: z.number() });
const resumableSchema = z.object({
  run: z.string(),
  phase: z.enum(["head", "fine-tune"]),
  /** Finished epochs in its checkpoint. */
  epochs: z.int(),
  /** Of the same training, never stopped. */
  course: z.array(epochSchema),
});

/** What the graft that made a home printed of it. */
export const expectedSchema = z.object({
  graft: z.string(),
  commit: z.string(),
  /** Where the numbers were computed, to know whether they may be equal to the last bit. */
  machine: z.object({
    cpu: z.string().nullable(),
    engineVersion: z.string(),
    threads: z.int().exactOptional(),
  }),
  finished: z.object({ run: z.string(), course: z.array(epochSchema) }),
  resumable: z.array(resumableSchema),
  predictions: z.array(predictionSchema),
  outPredictions: z.array(predictionSchema),
  evaluation: scoredSchema,
  cache: z.object({ entries: z.int(), bytes: z.int(), spaces: z.array(z.string()) }),
});
export type ExpectedHome = Readonly<z.infer<typeof expectedSchema>>;

/** A training's losses, from its events. */
export const courseOf = (events: readonly Record<string, unknown>[]): z.infer<typeof epochSchema>[] =>
  events.filter(({ type }) => type === "epoch-end").map((event) => epochSchema.parse(event));

/** Predictions, from the lines of `predict --json`. */
export const predictionsOf = (
  lines: readonly Record<string, unknown>[],
): z.infer<typeof predictionSchema>[] => lines.map((line) => predictionSchema.parse(line));

/** A score, from the line of `evaluate --json`. */
export const scoredOf = (line: unknown): z.infer<typeof scoredSchema> => scoredSchema.parse(line);

/** The cache's content, from the line of `cache show --json`. */
export function cacheOf(line: unknown): ExpectedHome["cache"] {
  const schema = z.object({
    ...{ entries: z.int(), bytes: z.int() },
    spaces: z.array(z.object({ id: z.string() })),
  });
  const { entries, bytes, spaces } = schema.parse(line);
  return { entries, bytes, spaces: spaces.map(({ id }) => id).sort() };
}
