import type { ErrorCode } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { Access } from "../identity/access.ts";
import type { ExportService } from "../models/export-service.ts";
import type { ServedRuns } from "../models/served-runs.ts";
import type { JobHandler } from "../ports/jobs.ts";
import type { ModelJobRow } from "../ports/model-job-rows.ts";
import type { Ports } from "../ports/ports.ts";
import { RowChanges } from "../queue/row-changes.ts";
import { RowWork } from "../queue/row-work.ts";
import type { UploadService } from "../uploads/upload-service.ts";
import { EvaluateWork } from "./evaluate-work.ts";
import { ExplainWork } from "./explain-work.ts";
import { ModelJobHandler } from "./model-job-handler.ts";
import { ModelJobRemoval } from "./model-job-removal.ts";
import { ModelJobResults } from "./model-job-results.ts";
import { ModelJobService } from "./model-job-service.ts";

/** The host reads pictures and keeps what is found itself. Not "unreadable": a model that too many pictures are no good for says that, too. */
const PASSING: readonly ErrorCode[] = ["busy", "disk-full", "offline"];

/** What all that has to do with model jobs shares. */
export interface ModelJobLine {
  readonly work: RowWork<ModelJobRow>;
  readonly changes: RowChanges<ModelJobRow>;
  readonly removal: ModelJobRemoval;
}

/** Evaluations, explanations and exports that outlive whoever asked for them. */
export interface ModelJobServices {
  readonly modelJobs: ModelJobService;
  readonly modelJobResults: ModelJobResults;
  /** What a host does with them. */
  readonly modelWork: {
    /** Does jobs of the kinds "evaluate", "explain" and "export". */
    readonly handle: JobHandler;
    /** See `RowWork.reconcile`. */
    reconcile(): Promise<void>;
    /** See `ModelJobRemoval.sweep`. */
    sweep(): Promise<number>;
  };
}

export function modelJobLine({ repository, jobs, clock }: Ports, keeper: BlobKeeper): ModelJobLine {
  const { modelJobs } = repository;
  const changes = new RowChanges(modelJobs);
  const work = new RowWork({ rows: modelJobs, jobs, clock, changes, passing: PASSING });
  return { work, changes, removal: new ModelJobRemoval({ modelJobs, keeper, work, changes, clock }) };
}

export function modelJobServices(
  ports: Ports,
  needs: {
    readonly access: Access;
    readonly keeper: BlobKeeper;
    readonly uploads: UploadService;
    readonly served: ServedRuns;
    readonly exports: ExportService;
    readonly line: ModelJobLine;
  },
): ModelJobServices {
  const { line, exports, access } = needs;
  const parts = { ...ports, ...needs, ...line };
  const { handle } = new ModelJobHandler({
    ...parts,
    evaluations: new EvaluateWork(parts),
    explanations: new ExplainWork(parts),
  });
  const service = new ModelJobService(parts);
  return {
    modelJobs: service,
    modelJobResults: new ModelJobResults({
      ...{ ...line, modelJobs: ports.repository.modelJobs, blobs: ports.blobs, access, service, exports },
    }),
    modelWork: {
      handle,
      reconcile: () => line.work.reconcile(),
      sweep: () => line.removal.sweep(),
    },
  };
}
