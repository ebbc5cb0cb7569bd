import * as z from "zod";
import { time, timeOutput } from "../identity/shapes.ts";
import type { ClassRow, DatasetRow } from "../ports/rows.ts";
import { uploadAnswer, uploadOutput } from "../uploads/upload-views.ts";
import type { DatasetView } from "./dataset-service.ts";

const count = z.int().min(0);

export const noteOutput = z.object({
  code: z.string(),
  message: z.string().meta({ description: "One sentence for people" }),
});

const picturesOutput = z.object({
  train: count.meta({ description: "Learned from" }),
  validation: count.meta({ description: "Held back" }),
  test: count,
  undealt: count.meta({ description: "Used, and on no side yet: in two classes at once, or just come" }),
  out: count.meta({ description: "Left out by a person" }),
  broken: count.meta({ description: "Cannot be read" }),
});
type Pictures = z.infer<typeof picturesOutput>;

const NO_PICTURES: Pictures = { train: 0, validation: 0, test: 0, undealt: 0, out: 0, broken: 0 };

export const classOutput = z.object({
  id: z.string(),
  name: z.string(),
  position: count,
  isOff: z.boolean().meta({ description: "Its pictures are neither learned from nor checked" }),
});

export const splitOutput = z.object({
  kind: z.enum(["drawn", "given"]).meta({ description: "given: the folders that were brought said it" }),
  seed: z.int(),
  fraction: z.number(),
  groupPrefix: z.boolean().meta({ description: "Pictures that are numbered alike are on one side" }),
  version: z.int().min(1).meta({ description: "Rises with each new split" }),
});

const rowShape = {
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  createdAt: timeOutput,
  changedAt: timeOutput,
  lastEdit: count.meta({ description: "Number of the last edit; 0: none yet" }),
  bytes: z.number().min(0).meta({ description: "Of all pictures" }),
};

export const datasetOutput = z.object({
  ...rowShape,
  pictures: count.meta({ description: "Those that are used" }),
  classCount: count.meta({ description: "How many classes it has" }),
  split: splitOutput,
});

export const wholeDatasetOutput = datasetOutput.extend({
  classes: z.array(classOutput.extend({ pictures: picturesOutput })),
  unsorted: picturesOutput.meta({ description: "Pictures of no class" }),
  notes: z.array(noteOutput),
  uploads: z.array(uploadOutput),
});

const row = ({ id, name, owner, createdAt, changedAt, lastEdit }: DatasetRow) => ({
  ...{ id, name, owner, createdAt: time(createdAt), changedAt: time(changedAt), lastEdit },
});

export function datasetAnswer({
  dataset,
  classes: { length: classCount },
  counts: { classes, bytes },
}: Omit<DatasetView, "uploads">): z.infer<typeof datasetOutput> {
  const used = Object.values(classes).map(
    ({ train, validation, test, undealt }) => train + validation + test + undealt,
  );
  const pictures = used.reduce((sum, some) => sum + some, 0);
  return { ...row(dataset), bytes, pictures, classCount, split: { ...dataset.split } };
}

export const classAnswer = ({ id, name, position, isOff }: ClassRow): z.infer<typeof classOutput> => ({
  ...{ id, name, position, isOff },
});

export function wholeDatasetAnswer(view: DatasetView): z.infer<typeof wholeDatasetOutput> {
  const { dataset, classes, counts, uploads } = view;
  const of = (id: string): Pictures => ({ ...NO_PICTURES, ...counts.classes[id] });
  return {
    ...datasetAnswer(view),
    classes: classes.map((each) => ({ ...classAnswer(each), pictures: of(each.id) })),
    unsorted: of(""),
    notes: dataset.notes.map(({ code, message }) => ({ code, message })),
    uploads: uploads.map(uploadAnswer),
  };
}
