import {
  CoreError,
  type Dataset,
  imagesOfPart,
  inputFaultsText,
  type Part,
  parseSplit,
  type Split,
} from "@graft/core";
import * as z from "zod";

/** What a run is of, as it was when the run was made: no later edit changes it. */
export interface Frozen {
  readonly dataset: Dataset;
  readonly split: Split;
}

// a blob's bytes are checked by their hash, and only `encodeFrozen` writes such ones
const frozenSchema = z.object({
  version: z.literal(1),
  dataset: z.custom<Dataset>(
    (value) =>
      z.object({ labels: z.array(z.string()), images: z.array(z.unknown()) }).safeParse(value).success,
  ),
  split: z.unknown(),
});

/** The bytes of a frozen data set: JSON. The same pictures, classes and split give the same bytes. */
export function encodeFrozen({ dataset, split }: Frozen): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ version: 1, dataset, split }));
}

/** @throws CoreError `corrupt`. */
export function parseFrozen(bytes: Uint8Array): Frozen {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    json = undefined;
  }
  const parsed = frozenSchema.safeParse(json);
  if (parsed.success) return { dataset: parsed.data.dataset, split: parseSplit(parsed.data.split) };
  throw new CoreError("corrupt", {
    what: "The frozen pictures of a run cannot be read.",
    received: inputFaultsText(parsed.error, json),
    fix: "Train again.",
  });
}

/** Pictures on each side that a training will find. */
export function frozenCounts({ dataset, split }: Frozen): Readonly<Record<Part, number>> {
  const count = (part: Part): number => imagesOfPart(dataset, split, part).length;
  return { train: count("train"), validation: count("validation"), test: count("test") };
}
