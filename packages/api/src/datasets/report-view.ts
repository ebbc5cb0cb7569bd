import type { DatasetReport, DuplicateReport } from "@graft/core";
import * as z from "zod";

/** Groups that are named; there may be thousands. */
const NAMED = 100;

const count = z.int().min(0);
const range = z.object({ min: z.number(), median: z.number(), max: z.number() });
const groups = z.object({
  count,
  first: z.array(z.array(z.string())).meta({ description: "Paths of the pictures of each group" }),
});
const sidesOutput = z.object({
  count,
  first: z.array(
    z.object({ by: z.enum(["content", "look"]), paths: z.array(z.string()), labels: z.array(z.string()) }),
  ),
});

export const reportOutput = z.object({
  images: count.meta({ description: "Pictures that are used" }),
  unique: count.meta({ description: "Different contents among them" }),
  bytes: z.number().min(0),
  classes: z.array(
    z.object({
      label: z.string(),
      images: count,
      unique: count,
      train: count,
      validation: count,
      test: count,
    }),
  ),
  width: range.meta({ description: "Pixels" }),
  height: range,
  formats: z.record(z.string(), count),
  exactDuplicates: groups.meta({ description: "The same bytes; each counts once" }),
  nearDuplicates: groups.meta({ description: "Nearly the same; on one side" }),
  conflicts: sidesOutput.meta({ description: "One picture under two classes" }),
  acrossParts: sidesOutput.meta({ description: "One picture in several of the given folders" }),
});

const grouped = (all: readonly (readonly string[])[]): z.infer<typeof groups> => ({
  count: all.length,
  first: all.slice(0, NAMED).map((paths) => [...paths]),
});

const sides = (all: readonly DuplicateReport[]): z.infer<typeof sidesOutput> => ({
  count: all.length,
  first: all.slice(0, NAMED).map(({ by, paths, labels }) => ({ by, paths: [...paths], labels: [...labels] })),
});

export function reportAnswer(report: DatasetReport): z.infer<typeof reportOutput> {
  const { images, unique, bytes, classes, width, height, formats } = report;
  return {
    ...{ images, unique, bytes, width: { ...width }, height: { ...height } },
    classes: classes.map((each) => ({ ...each })),
    formats: Object.fromEntries(Object.entries(formats)),
    exactDuplicates: grouped(report.exactDuplicates),
    nearDuplicates: grouped(report.nearDuplicates),
    conflicts: sides(report.conflicts),
    acrossParts: sides(report.acrossParts),
  };
}
