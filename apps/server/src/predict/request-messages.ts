/**
 * What a server and the processes that work with models say to each other. A request goes in, its answer comes back; between
 * them the process may ask for bytes that only the server has. What comes from a process is parsed: it reads strangers' files.
 */
import { type ExportFindings, type ModelAnswers, modelEvaluationSchema } from "@graft/api";
import {
  type DatasetImage,
  EXPORT_FORMATS,
  type ExportFormat,
  type Split,
  serializedErrorSchema,
  type TrainingTold,
} from "@graft/core";
import * as z from "zod";

const index = z.int().min(0);
const numbers = z.array(z.number());

/** Of what the server itself has checked. */
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const picturesSchema = z.object({
  name: z.string(),
  labels: z.array(z.string()),
  images: z.array(z.custom<DatasetImage>(isObject)),
});
export type PictureList = z.infer<typeof picturesSchema>;

const isFormat = (name: string): name is ExportFormat => Object.hasOwn(EXPORT_FORMATS, name);

const answersSchema: z.ZodType<ModelAnswers> = z.object({
  labels: z.array(z.string()),
  backend: z.string(),
  answers: z.array(
    z.union([
      z.object({ error: serializedErrorSchema }),
      z.object({
        label: index,
        score: z.number(),
        probabilities: numbers,
        distance: z.number().exactOptional(),
        unlike: z.boolean().exactOptional(),
        heatMap: z.object({ label: index, height: index, width: index, data: numbers }).exactOptional(),
      }),
    ]),
  ),
});

const exportSchema: z.ZodType<ExportFindings> = z.object({
  output: z.string(),
  comparedOn: z.string(),
  images: index,
  largestDifference: z.number().nullable(),
  int8: z
    .object({
      agreement: z.number(),
      calibratedOn: index,
      accuracyBefore: z.number().nullable(),
      accuracyAfter: z.number().nullable(),
    })
    .nullable(),
});

/** What a process that answers has, for people who look after it. */
const factsSchema = z.object({
  backend: z.string(),
  models: index,
  trunks: index,
  /** Of all models, by the measure that the limit goes by. */
  modelBytes: z.number(),
  /** Runs of a network, and images in them. */
  runs: index,
  images: index,
  /** Of the whole process. */
  residentBytes: z.number(),
});

/** Of each kind of request: what is asked, and what is answered. */
export const REQUESTS = {
  predict: {
    asked: z.object({
      model: z.string(),
      pictures: z.array(z.instanceof(Uint8Array)),
      explain: z.object({ label: index.optional() }).optional(),
    }),
    answered: answersSchema,
  },
  evaluate: {
    asked: z.object({
      model: z.string(),
      pictures: picturesSchema,
      part: z.enum(["train", "validation", "test", "all"]).optional(),
      precisionTarget: z.number().optional(),
      training: picturesSchema.optional(),
      split: z.custom<Split>(isObject).optional(),
      splitGap: z.boolean().optional(),
      page: z
        .object({
          title: z.string(),
          dataset: z.string(),
          version: z.string(),
          training: z.custom<TrainingTold>(isObject),
        })
        .optional(),
    }),
    answered: modelEvaluationSchema,
  },
  export: {
    asked: z.object({
      model: z.string(),
      format: z.string().refine(isFormat),
      columns: z.union([z.literal(1), z.literal(2)]).optional(),
      notSureBelow: z.number().optional(),
      pictures: picturesSchema.optional(),
      /** An empty folder of a disk that both see. */
      folder: z.string(),
    }),
    answered: exportSchema,
  },
  facts: { asked: z.object({}), answered: factsSchema },
} as const;

export type RequestKind = keyof typeof REQUESTS;
export type Asked<Kind extends RequestKind> = z.infer<(typeof REQUESTS)[Kind]["asked"]>;
export type Answered<Kind extends RequestKind> = z.infer<(typeof REQUESTS)[Kind]["answered"]>;

const isKind = (kind: string): kind is RequestKind => Object.hasOwn(REQUESTS, kind);
const kindSchema = z.string().refine(isKind);

/** Server to process. */
const orderSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("request"), id: index, kind: kindSchema, asked: z.unknown() }),
  z.object({ type: z.literal("cancel"), id: index }),
  /** Of a call. */
  z.object({ type: z.literal("answer"), call: index, value: z.unknown() }),
  z.object({ type: z.literal("refusal"), call: index, error: serializedErrorSchema }),
]);
export type Order = z.infer<typeof orderSchema>;
export const parseOrder = (message: unknown): Order => orderSchema.parse(message);

/** What a process may ask for while it has a request. */
const callSchema = z.discriminatedUnion("what", [
  /** How long a file of the request's model is; null: there is none. */
  z.object({ what: z.literal("model-size"), path: z.string() }),
  z.object({ what: z.literal("model-part"), path: z.string(), start: index, length: index }),
  z.object({ what: z.literal("picture"), hash: z.string() }),
]);
export type Call = z.infer<typeof callSchema>;

/** Process to server. */
const newsSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  /** It cannot work at all, and ends. */
  z.object({ type: z.literal("unusable"), error: serializedErrorSchema }),
  z.object({ type: z.literal("done"), id: index, value: z.unknown() }),
  z.object({ type: z.literal("failed"), id: index, error: serializedErrorSchema }),
  z.object({ type: z.literal("call"), id: index, call: index, ask: callSchema }),
]);
export type News = z.infer<typeof newsSchema>;
export const parseNews = (message: unknown): News => newsSchema.parse(message);
