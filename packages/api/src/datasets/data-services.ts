import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import type { ModelJobRemoval } from "../model-jobs/model-job-removal.ts";
import type { Ports } from "../ports/ports.ts";
import { UploadService } from "../uploads/upload-service.ts";
import { DatasetService } from "./dataset-service.ts";
import { Dealer } from "./dealer.ts";
import { EditService } from "./edit-service.ts";
import { ImageService } from "./image-service.ts";

/** Data sets, their pictures, what is done to them and how they come. */
export interface DataServices {
  readonly datasets: DatasetService;
  readonly images: ImageService;
  readonly edits: EditService;
  readonly uploads: UploadService;
}

export function dataServices(
  ports: Ports,
  needs: {
    readonly access: Access;
    readonly audit: AuditService;
    readonly keeper: BlobKeeper;
    readonly modelJobs: ModelJobRemoval;
  },
): DataServices {
  const { access, audit, keeper, modelJobs } = needs;
  const parts = { ...ports, access, audit, modelJobs, kept: keeper, dealer: new Dealer(ports) };
  const uploads = new UploadService(parts);
  return {
    datasets: new DatasetService({ ...parts, uploads }),
    images: new ImageService(parts),
    edits: new EditService(parts),
    uploads,
  };
}
