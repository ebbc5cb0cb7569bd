import * as z from "zod";
import type { Dataset } from "../dataset/types.ts";
import { labelInPath, type StartImage } from "./run-beginning.ts";

/** images.json: the paths of a run's images by hash, class by class. */
const storedSchema = z.object({
  version: z.literal(2),
  // a list: as keys, names that are whole numbers would change their order
  classes: z.array(z.object({ label: z.string(), images: z.record(z.string(), z.string()) })),
});
/** An older graft's: paths by hash. */
const pathsSchema = z.record(z.string(), z.string());

/** What images.json holds of a data set. Of equal files the first is named; one under two classes is in no split. */
export function storedImages({
  labels,
  images,
}: Pick<Dataset, "labels" | "images">): z.infer<typeof storedSchema> {
  const byLabel = labels.map((): [string, string][] => []);
  for (const { hash, path, label } of images.toReversed()) byLabel[label]?.push([hash, path]);
  return {
    version: 2,
    classes: labels.map((label, at) => ({ label, images: Object.fromEntries(byLabel[at] ?? []) })),
  };
}

/**
 * Reads images.json.
 * @param labels the run's, to find an older graft's classes in its paths.
 * @returns by hash; empty for what is none: it is there to say what differs, and the run's record says whether.
 */
export function parseStoredImages(json: unknown, labels: readonly string[]): ReadonlyMap<string, StartImage> {
  const stored = storedSchema.safeParse(json).data;
  const ofClass = (stored?.classes ?? []).flatMap(({ label, images }) =>
    Object.entries(images).map(([hash, path]): [string, StartImage] => [hash, { path, label }]),
  );
  if (stored) return new Map(ofClass);
  const paths = Object.entries(pathsSchema.safeParse(json).data ?? {});
  return new Map(
    paths.map(([hash, path]): [string, StartImage] => {
      const label = labelInPath(path, labels);
      return [hash, label === undefined ? { path } : { path, label }];
    }),
  );
}
