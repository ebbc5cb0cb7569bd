import * as z from "zod";
import { byCodeUnit } from "../by-code-unit.ts";
import { CoreError } from "../errors.ts";
import { newerVersionError } from "../files/newer-version.ts";
import { inputFaultsText } from "../input-faults.ts";
import { nameFew } from "../name-few.ts";
import { sha256 } from "../sha256.ts";
import { visibleText } from "../visible-text.ts";
import { drawValidation } from "./draw.ts";
import { samePaths } from "./duplicates.ts";
import { groupBy } from "./groups.ts";
import { imagesOfPart } from "./images-of-part.ts";
import type { Dataset, DatasetImage, Part, Split } from "./types.ts";

/** Contents that lie under two labels: one of them is wrong, and nobody but the owner knows which. */
export function conflictingHashes(
  images: readonly Pick<DatasetImage, "hash" | "label">[],
): ReadonlySet<string> {
  const byHash = groupBy(images, ({ hash }) => hash);
  const conflicts = [...byHash].filter(([, same]) => new Set(same.map(({ label }) => label)).size > 1);
  return new Set(conflicts.map(([hash]) => hash));
}

/**
 * Decides which images are learned from and which are held out. Given train / validation / test folders are kept as
 * they are, duplicates across them too (the report counts them); without a validation folder its share is drawn from
 * train. Drawn: stratified, seeded, every class on both sides, images that belong together on one side. Equal files
 * count once; a content under two labels is in no part (the report names it).
 * The lists are sorted and depend on contents, classes, groups and the seed alone, not on names or order.
 * @param options.fraction share held out for validation, in (0, 1).
 * @param options.testFraction share kept for a test part before that, in [0, 1); given folders have their own. @default 0
 * @throws CoreError `bad-input` when a class is left without an image to train on.
 */
export function drawSplit(
  dataset: Dataset,
  options: { readonly seed: number; readonly fraction: number; readonly testFraction?: number },
): Split {
  const { seed, fraction, testFraction = 0 } = options;
  if (!(fraction > 0 && fraction < 1 && testFraction >= 0 && testFraction < 1)) {
    const expected = "fractions between 0 and 1, both excluded (a test fraction of 0 draws no test part)";
    throw new CoreError("bad-input", {
      what: "The split cannot be drawn.",
      received: `${fraction} for validation, ${testFraction} for a test part`,
      expected,
    });
  }
  const conflicts = conflictingHashes(dataset.images);
  const images = dataset.images.filter(({ hash }) => !conflicts.has(hash));
  const inPart = (part: Part): readonly DatasetImage[] => images.filter((image) => image.part === part);
  const learned = dataset.presplit ? inPart("train") : images;
  checkLearned(dataset, learned, conflicts);
  const hashes = (part: Part): readonly string[] =>
    [...new Set(inPart(part).map(({ hash }) => hash))].sort(byCodeUnit);
  const validation = hashes("validation");
  const base = { version: 1, seed, fraction, test: hashes("test") } as const;
  if (validation.length > 0) return { ...base, kind: "given", train: hashes("train"), validation };
  if (dataset.presplit || testFraction === 0)
    return { ...base, kind: "drawn", ...drawValidation(learned, { seed, fraction }) };
  const drawn = drawValidation(learned, { seed, fraction: testFraction });
  const rest = new Set(drawn.train);
  const sides = drawValidation(
    learned.filter(({ hash }) => rest.has(hash)),
    { seed, fraction },
  );
  return { ...base, kind: "drawn", ...sides, test: drawn.validation };
}

/**
 * Looks at a split that was not drawn here.
 * @throws CoreError `bad-input` when it leaves a class without an image to train on.
 */
export function checkSplit(dataset: Dataset, split: Split): void {
  checkLearned(dataset, imagesOfPart(dataset, split, "train"), conflictingHashes(dataset.images));
}

function checkLearned(
  dataset: Dataset,
  learned: readonly DatasetImage[],
  conflicts: ReadonlySet<string>,
): void {
  const labels = new Set(learned.map(({ label }) => label));
  const missing = dataset.labels.filter((_, label) => !labels.has(label));
  if (missing.length === 0) return;
  const what = `${visibleText(dataset.source)} has no training image of ${nameFew(missing)}`;
  if (conflicts.size === 0)
    throw new CoreError("bad-input", { what: `${what}.`, fix: "Add images of it, or remove its folder." });
  const byHash = groupBy(dataset.images, ({ hash }) => hash);
  const places = [...conflicts].map((hash) => samePaths({ by: "content", images: byHash.get(hash) ?? [] }));
  const count = places.length === 1 ? "1 picture lies" : `${places.length} pictures lie`;
  throw new CoreError("bad-input", {
    what: `${what}: ${count} under two classes, and graft leaves out what is in doubt: ${nameFew(places)}.`,
    fix: "Keep each picture only in the class it belongs to and remove its other copies (`graft inspect` lists them), or add images of the class.",
  });
}

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected a sha256 in hex");
const splitSchema = z
  .object({
    version: z.literal(1),
    kind: z.enum(["given", "drawn"]),
    seed: z.int(),
    fraction: z.number().gt(0).lt(1),
    train: z.array(hashSchema),
    validation: z.array(hashSchema),
    test: z.array(hashSchema),
  })
  .readonly();

/**
 * Reads a stored split.
 * @param where its path, for the message. @default "The stored split"
 * @throws CoreError `corrupt`; `unsupported` for a newer version.
 */
export function parseSplit(json: unknown, where = "The stored split"): Split {
  const version = z.object({ version: z.number() }).safeParse(json).data?.version;
  if (version !== undefined && version > 1) throw newerVersionError(where, `version ${version}`, "version 1");
  const parsed = splitSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const what = "The stored split cannot be read.";
  const fix = "It was changed, or graft did not write it; train again to draw a new one.";
  throw new CoreError(
    "corrupt",
    { what, received: inputFaultsText(parsed.error, json), fix },
    { cause: parsed.error },
  );
}

/** sha256 (hex) of the split's canonical JSON: fixed order of fields, no white space. */
export async function splitHash(split: Split): Promise<string> {
  const { version, kind, seed, fraction, train, validation, test } = split;
  return sha256(JSON.stringify({ version, kind, seed, fraction, train, validation, test }));
}
