import type { Repository } from "@graft/api";
import type { Database } from "../database.ts";
import type { Patience } from "../patience.ts";
import { withStoreErrors } from "../with-store-errors.ts";
import { accountRepository } from "./accounts.ts";
import { blobRepository } from "./blobs.ts";
import { datasetRepository } from "./datasets.ts";
import { editRepository } from "./edits.ts";
import { imageRepository } from "./images.ts";
import { leaseRepository, workerRepository } from "./keeping.ts";
import { heatMapRepository, modelJobRepository } from "./model-jobs.ts";
import { runRepository } from "./runs.ts";
import { searchRepository } from "./searches.ts";
import { auditRepository, tokenRepository } from "./tokens.ts";
import { uploadRepository } from "./uploads.ts";

/** The port of rows on a database that has the schema. */
export function sqlRepository(db: Database, patience: Patience): Repository {
  const told = <T extends object>(target: T): T => withStoreErrors(target, patience);
  return {
    accounts: told(accountRepository(db)),
    tokens: told(tokenRepository(db)),
    datasets: told(datasetRepository(db)),
    images: told(imageRepository(db, patience)),
    edits: told(editRepository(db)),
    uploads: told(uploadRepository(db)),
    runs: told(runRepository(db)),
    searches: told(searchRepository(db)),
    modelJobs: told(modelJobRepository(db)),
    heatMaps: told(heatMapRepository(db)),
    leases: told(leaseRepository(db)),
    blobs: told(blobRepository(db, patience)),
    workers: told(workerRepository(db)),
    audit: told(auditRepository(db)),
  };
}
