import { EXPORT_FORMATS, type ExportFormat, exportFormatFacts } from "@graft/core";
import * as z from "zod";

const share = z.number().min(0).max(1);
const count = z.int().min(0);

export const isExportFormat = (name: string): name is ExportFormat => Object.hasOwn(EXPORT_FORMATS, name);

/** All formats, in the order in which people are shown them. */
export const FORMATS = Object.keys(EXPORT_FORMATS).filter(isExportFormat);

export const formatSchema = z.object({
  format: z.enum(FORMATS),
  summary: z.string().meta({ description: "Who opens it" }),
  extension: z.string().nullable().meta({ description: "Of its one file; null: a folder of several" }),
  labelsIn: z.string().meta({ description: "Where a reader finds the classes" }),
  canHaveOneColumn: z
    .boolean()
    .meta({ description: "A classic head for two classes can be written with its one output column" }),
  tellsUnlike: z.boolean().meta({ description: "It can say what is like nothing in the training" }),
});
export type FormatView = z.infer<typeof formatSchema>;

export function formatView(format: ExportFormat): FormatView {
  const { extension = null, summary, labelsIn, canHaveOneColumn, tellsUnlike } = exportFormatFacts(format);
  return { format, extension, summary, labelsIn, canHaveOneColumn, tellsUnlike };
}

/** What an export is to be. */
export const exportInput = {
  format: z.enum(FORMATS),
  columns: z
    .union([z.literal(1), z.literal(2)])
    .optional()
    .meta({ description: "Of a classic head for two classes: 2, one for each class, or its single one" }),
};

/** What is kept of an export beside its files, as JSON. */
export const exportRecordSchema = z.object({
  format: z.enum(FORMATS),
  madeAt: z.iso.datetime(),
  output: z.string().meta({ description: "What the columns of its output are" }),
  notSureBelow: share.nullable().meta({ description: "Written into it: least score of an answer" }),
  comparedOn: z.string().meta({ description: "Pictures on which it was compared with the model" }),
  images: count,
  largestDifference: z
    .number()
    .nullable()
    .meta({ description: "Of a probability, at most 0.0001; null for 8 bits, whose answers are compared" }),
  int8: z
    .object({
      agreement: share.meta({ description: "Share of pictures with the model's own answer" }),
      calibratedOn: count.meta({ description: "Pictures" }),
      accuracyBefore: share.nullable(),
      accuracyAfter: share.nullable(),
    })
    .nullable()
    .meta({ description: "What 8 bits cost; null for other formats" }),
});
export type ExportRecord = z.infer<typeof exportRecordSchema>;

export const modelFileSchema = z.object({
  path: z
    .string()
    .meta({ description: '"/" between folders: "model/model.json", "exports/onnx/model.onnx"' }),
  bytes: count,
  sha256: z.string(),
});
export type ModelFileView = z.infer<typeof modelFileSchema>;

export const exportSchema = exportRecordSchema.extend({
  isCurrent: z.boolean().meta({ description: 'It has the "not sure" threshold that is decided now' }),
  files: z.array(modelFileSchema),
});
export type ExportView = z.infer<typeof exportSchema>;
