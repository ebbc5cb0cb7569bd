import * as z from "zod";
import type { ModelAnswers, PictureAnswer } from "../ports/predictor.ts";
import type { ModelFacts } from "./served-runs.ts";

const share = z.number().min(0).max(1);

export const heatMapSchema = z.object({
  label: z.string().meta({ description: "The class that it speaks for" }),
  rows: z
    .array(z.array(z.number().min(0)))
    .meta({ description: "How much each place of the picture speaks for the class, from the top left" }),
});

const answerSchema = z.object({
  kind: z.literal("answer"),
  label: z.string().meta({ description: "The most probable class" }),
  score: share.meta({ description: "Its probability" }),
  sure: z
    .boolean()
    .nullable()
    .meta({ description: "The score is at least the wanted one; null: none is wanted" }),
  unlike: z
    .boolean()
    .nullable()
    .meta({ description: "The picture is like nothing in the training; null: the model cannot say" }),
  distance: z.number().nullable().meta({ description: "How far it is from the training" }),
  scores: z
    .array(z.object({ label: z.string(), score: share }))
    .meta({ description: "Of all classes, in the model's order" }),
  heatMap: heatMapSchema.nullable().meta({ description: "Null where none was asked for" }),
});

const refusedSchema = z.object({
  kind: z.literal("refused"),
  error: z.object({ code: z.string(), message: z.string() }).meta({ description: "Why it cannot be used" }),
});

export const predictedSchema = z.discriminatedUnion("kind", [answerSchema, refusedSchema]);
/** What is told of one picture. */
export type Predicted = z.infer<typeof predictedSchema>;

export const predictionsSchema = z.object({
  run: z.string(),
  notSureBelow: share.nullable().meta({ description: "Least score of an answer; null: every answer stands" }),
  answers: z.array(predictedSchema).meta({ description: "One for each picture, in order" }),
});
export type Predictions = z.infer<typeof predictionsSchema>;

/** An answer's heat map, by its class's name. @returns null where none was asked for. */
export function heatMapOf(
  { heatMap }: Pick<PictureAnswer, "heatMap">,
  labels: readonly string[],
): z.infer<typeof heatMapSchema> | null {
  if (!heatMap) return null;
  const { label, width, data } = heatMap;
  const rows = Array.from({ length: data.length / width }, (_, y) => data.slice(y * width, (y + 1) * width));
  return { label: labels[label] ?? "", rows };
}

/** @param notSureBelow null: every answer stands. */
export function predictedOf(
  { labels, answers }: ModelAnswers,
  notSureBelow: number | null,
): readonly Predicted[] {
  const nameOf = (label: number): string => labels[label] ?? "";
  return answers.map((answer): Predicted => {
    if ("error" in answer) {
      const { code, message } = answer.error;
      return { kind: "refused", error: { code, message } };
    }
    const { label, score, probabilities, distance = null, unlike = null } = answer;
    return {
      ...{ kind: "answer", label: nameOf(label), score, distance, unlike },
      sure: notSureBelow === null ? null : score >= notSureBelow,
      scores: labels.map((name, i) => ({ label: name, score: probabilities[i] ?? 0 })),
      heatMap: heatMapOf(answer, labels),
    };
  });
}

export const modelSchema = z.object({
  run: z.string(),
  labels: z.array(z.string()).meta({ description: "Its classes, in the order of all its answers" }),
  recipe: z.enum(["gap", "classic"]),
  cut: z.string().meta({ description: "Last layer of the ready-trained network" }),
  fineTuned: z.string().nullable().meta({ description: "Layer from which the network was trained, too" }),
  size: z.int().min(1).meta({ description: "Side of the square that it sees, in pixels" }),
  fit: z.enum(["stretch", "crop", "pad"]),
  resize: z.enum(["bilinear", "nearest"]),
  weights: z.string().meta({ description: "Starting point" }),
  accuracy: share.nullable().meta({ description: "On the pictures that were held back" }),
  learnedFrom: z.int().min(0).nullable().meta({ description: "Pictures" }),
  tellsUnlike: z.boolean().meta({ description: "It can say that a picture is like nothing in the training" }),
  notSureBelow: share.nullable(),
  madeAt: z.iso.datetime(),
});
export type ModelView = z.infer<typeof modelSchema>;

export function modelView(run: string, facts: ModelFacts, notSureBelow: number | null): ModelView {
  const { labels, head, cut, fineTuned = null, rule, weights, metrics, images, likeness, createdAt } = facts;
  return {
    ...{ run, labels: [...labels], recipe: head.recipe, cut, fineTuned, size: rule.size, fit: rule.fit },
    resize: rule.resize,
    ...{ weights: weights.source, accuracy: metrics.valAccuracy ?? null, learnedFrom: images?.train ?? null },
    ...{ tellsUnlike: likeness !== undefined, notSureBelow, madeAt: new Date(createdAt).toISOString() },
  };
}
