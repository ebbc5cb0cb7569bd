/** What the server and the process that reads an upload say to each other. Each side checks what it hears. */
import type { LabelSource } from "@graft/api";
import { type ImageFacts, type ImageReading, serializedErrorSchema } from "@graft/core";
import * as z from "zod";

// the value of `LABEL_SOURCES` would bring all of the API into that process
const labelSource = z.enum(["folders", "inner-folders", "names"] satisfies readonly LabelSource[]);

const listedSchema = z.object({ path: z.string(), location: z.string() });
/** A file of an upload: its sender's name, and an absolute path of the server's. */
export type ListedUpload = z.infer<typeof listedSchema>;

const partSchema = z.enum(["train", "validation", "test"]);

export const readingSchema = z.object({
  /** For people: what the files are called together. */
  source: z.string(),
  /** Where archives are unpacked; of a known set what was downloaded lies there, too. */
  home: z.string(),
  /** This reading's own folder: what was looked at, small pictures. */
  folder: z.string(),
  /** A known set in place of files. */
  known: z.string().nullable(),
  /** Every picture is of the class that was asked for: no layout. */
  isOneClass: z.boolean(),
  labelsFrom: labelSource.nullable(),
  /** A table among the files, in place of `labelsFrom`. */
  labelTable: z.object({ path: z.string(), column: z.string().nullable() }).nullable(),
  /** Names of the data set's classes. */
  classes: z.array(z.string()),
  /** That decode. */
  threads: z.int().min(1),
  /** Places of files during which the process ended: they are looked at one by one, before all others. */
  alone: z.array(z.string()),
  /** Places of files that are looked at no more, and why. */
  lost: z.array(z.object({ location: z.string(), code: z.string(), reason: z.string() })),
});
/** How an upload is to be read. */
export type Reading = z.infer<typeof readingSchema>;

/** To the process. */
export const orderSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("files"), files: z.array(listedSchema) }),
  z.object({ type: z.literal("read"), reading: readingSchema }),
  /** The page before is taken in. */
  z.object({ type: z.literal("next") }),
]);
export type Order = z.infer<typeof orderSchema>;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const READING =
  /^(bits-(8|9|10|11|12|13|14)-of-16|unit-float|bytes-in-wider|extra-band|one-colour|damaged-jpeg)$/;
const imageReading = z.custom<ImageReading>((value) => typeof value === "string" && READING.test(value));

const factsSchema: z.ZodType<ImageFacts> = z.object({
  format: z.enum(["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "pbm", "pgm", "ppm", "pam"]),
  width: z.int().min(1),
  height: z.int().min(1),
  perceptualHash: z.string().regex(/^[0-9a-f]{16}$/),
  readings: z.array(imageReading).readonly().exactOptional(),
});

const foundSchema = z.object({
  path: z.string(),
  location: z.string(),
  hash,
  bytes: z.int().min(0),
  label: z.string().nullable(),
  group: z.string().nullable(),
  part: partSchema.nullable(),
  /** Null for one that cannot be read, of which `reason` says why. */
  facts: factsSchema.nullable(),
  reason: z.string().nullable(),
  /** It has a small picture in `folder`. */
  hasThumbnail: z.boolean(),
});
/** A picture that was found. */
export type Found = z.infer<typeof foundSchema>;

const noteSchema = z.object({ code: z.string(), message: z.string() });
const withReasonSchema = z.object({
  count: z.int(),
  first: z.array(z.object({ path: z.string(), reason: z.string() })),
});

const understoodSchema = z.object({
  labels: z.array(z.string()),
  /** Its folders say which pictures are held back. */
  isGiven: z.boolean(),
  notes: z.array(noteSchema),
  skipped: withReasonSchema,
  broken: withReasonSchema,
  /** Pictures and broken files that will be told. */
  total: z.int(),
});
/** How an upload was understood. */
export type Understood = z.infer<typeof understoodSchema>;

/** From the process. */
export const newsSchema = z.discriminatedUnion("type", [
  /** It lives; memory in bytes. Nothing is done by that. */
  z.object({ type: z.literal("alive"), memory: z.number() }),
  z.object({
    type: z.literal("progress"),
    phase: z.enum(["unpacking", "looking", "taking-in"]),
    done: z.number(),
    total: z.number(),
  }),
  /** A file is being looked at; it was. */
  z.object({ type: z.literal("begun"), location: z.string() }),
  z.object({ type: z.literal("ended"), location: z.string() }),
  z.object({ type: z.literal("understood"), understood: understoodSchema }),
  z.object({ type: z.literal("page"), found: z.array(foundSchema) }),
  z.object({ type: z.literal("done") }),
  z.object({ type: z.literal("failed"), error: serializedErrorSchema }),
]);
export type News = z.infer<typeof newsSchema>;
