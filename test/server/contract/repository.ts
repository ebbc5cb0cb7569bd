import type { Repository } from "@graft/api";
import { describeAccounts } from "./repository-accounts.ts";
import { describeBlobs } from "./repository-blobs.ts";
import { describeDatasets } from "./repository-datasets.ts";
import { describeRuns } from "./repository-runs.ts";

/** Opens a new, empty repository. */
export type OpenRepository = () => Promise<{ readonly repository: Repository } & AsyncDisposable>;

/** What the `Repository` port promises, held against one adapter of it. */
export function describeRepository(open: OpenRepository): void {
  describeAccounts(open);
  describeDatasets(open);
  describeRuns(open);
  describeBlobs(open);
}
