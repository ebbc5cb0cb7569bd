import { describeAccounts } from "./repository-accounts.ts";
import { describeBlobRaces } from "./repository-blob-races.ts";
import { describeBlobs } from "./repository-blobs.ts";
import { describeDatasets } from "./repository-datasets.ts";
import { describeEdits } from "./repository-edits.ts";
import { describeImageChanges } from "./repository-image-changes.ts";
import { describeImages } from "./repository-images.ts";
import { describeLeases } from "./repository-leases.ts";
import { describeModelJobs } from "./repository-model-jobs.ts";
import { describeRunFiles } from "./repository-run-files.ts";
import { describeRuns } from "./repository-runs.ts";
import { describeSearches } from "./repository-searches.ts";
import { describeUploads } from "./repository-uploads.ts";
import type { OpenRepository } from "./shared-repository.ts";

/** What the `Repository` port promises, held against one adapter of it. */
export function describeRepository(open: OpenRepository): void {
  const parts = [
    ...[describeAccounts, describeDatasets, describeImages, describeImageChanges, describeEdits],
    ...[describeUploads, describeRuns, describeRunFiles, describeLeases, describeBlobs, describeBlobRaces],
    ...[describeSearches, describeModelJobs],
  ];
  for (const part of parts) part(open);
}
