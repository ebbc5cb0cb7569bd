/*
 * The form of a backup: a plain tar (ustar), so that any program takes it apart, with these files in this order:
 *
 *   manifest.json        `BackupManifest`
 *   rows/TABLE.jsonl     a table's rows in order of its key, one object of texts and nulls a line
 *   blobs/ab/abcd…       every blob that these rows name, under its sha256 (below the folder of its first byte)
 *   SHA256SUMS           the sha256 of each of the files before it, as `sha256sum --check` reads them
 *
 * No byte of it is unchecked: contents by SHA256SUMS, headers by their own sums, padding is zeros. What a home has beside (features,
 * weights, the admin's token, certificates) is made anew.
 */
import * as z from "zod";

/** Raised when a reader of before would misread it. */
export const BACKUP_VERSION = 1;

export const MANIFEST_NAME = "manifest.json";
export const SUMS_NAME = "SHA256SUMS";
export const rowsName = (table: string): string => `rows/${table}.jsonl`;
export const blobName = (hash: string): string => `blobs/${hash.slice(0, 2)}/${hash}`;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** Of any version: what says which it is. */
export const versionedSchema = z.looseObject({ form: z.literal("graft-backup"), version: z.int().min(1) });

export const manifestSchema = z.strictObject({
  form: z.literal("graft-backup"),
  version: z.literal(BACKUP_VERSION),
  /** graft's. */
  graft: z.string(),
  /** ISO 8601, of the moment that the rows are of. */
  madeAt: z.iso.datetime(),
  /** Id of the store that it is of. */
  store: z.string(),
  /** Hashes of the changes that made the store's form (`migrations`), in order. */
  migrations: z.array(z.string()),
  tables: z.array(z.strictObject({ table: z.string(), rows: count, bytes: count, hash })),
  blobs: z.strictObject({ count, bytes: count }),
});

export type BackupManifest = z.infer<typeof manifestSchema>;
