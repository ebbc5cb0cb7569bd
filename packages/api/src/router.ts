import { router } from "./rpc/trpc.ts";
import { systemRouter } from "./system/system-router.ts";

/** The whole API. A breaking change makes another one beside it, under /api/v2. */
export const apiRouter = router({
  system: systemRouter,
});
export type ApiRouter = typeof apiRouter;
