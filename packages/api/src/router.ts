import { datasetRouter } from "./datasets/dataset-router.ts";
import { editRouter } from "./datasets/edit-router.ts";
import { imageRouter } from "./datasets/image-router.ts";
import { accountsRouter } from "./identity/accounts-router.ts";
import { auditRouter } from "./identity/audit-router.ts";
import { groupsRouter } from "./identity/groups-router.ts";
import { linksRouter } from "./identity/links-router.ts";
import { tokensRouter } from "./identity/tokens-router.ts";
import { modelJobRouter } from "./model-jobs/model-job-router.ts";
import { modelRouter } from "./models/model-router.ts";
import { queueRouter } from "./queue/queue-router.ts";
import { router } from "./rpc/trpc.ts";
import { runRouter } from "./runs/run-router.ts";
import { searchRouter } from "./searches/search-router.ts";
import { systemRouter } from "./system/system-router.ts";
import { uploadRouter } from "./uploads/upload-router.ts";

/** The whole API. A breaking change makes another one beside it, under /api/v2. */
export const apiRouter = router({
  system: systemRouter,
  tokens: tokensRouter,
  links: linksRouter,
  accounts: accountsRouter,
  groups: groupsRouter,
  audit: auditRouter,
  queue: queueRouter,
  runs: runRouter,
  searches: searchRouter,
  modelJobs: modelJobRouter,
  datasets: datasetRouter,
  images: imageRouter,
  edits: editRouter,
  uploads: uploadRouter,
  models: modelRouter,
});
export type ApiRouter = typeof apiRouter;
