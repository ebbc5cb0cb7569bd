import type { Repository } from "@graft/api";
import type { Database } from "../database.ts";
import { withStoreErrors } from "../with-store-errors.ts";
import { accountRepository } from "./accounts.ts";
import { blobRepository } from "./blobs.ts";
import { datasetRepository } from "./datasets.ts";
import { editRepository } from "./edits.ts";
import { imageRepository } from "./images.ts";
import { leaseRepository, workerRepository } from "./keeping.ts";
import { runRepository } from "./runs.ts";
import { searchRepository } from "./searches.ts";
import { auditRepository, tokenRepository } from "./tokens.ts";
import { uploadRepository } from "./uploads.ts";

/** The port of rows on a database that has the schema. */
export function sqlRepository(db: Database): Repository {
  return {
    accounts: withStoreErrors(accountRepository(db)),
    tokens: withStoreErrors(tokenRepository(db)),
    datasets: withStoreErrors(datasetRepository(db)),
    images: withStoreErrors(imageRepository(db)),
    edits: withStoreErrors(editRepository(db)),
    uploads: withStoreErrors(uploadRepository(db)),
    runs: withStoreErrors(runRepository(db)),
    searches: withStoreErrors(searchRepository(db)),
    leases: withStoreErrors(leaseRepository(db)),
    blobs: withStoreErrors(blobRepository(db)),
    workers: withStoreErrors(workerRepository(db)),
    audit: withStoreErrors(auditRepository(db)),
  };
}
