import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import type { IdentityService } from "../identity/identity-service.ts";
import type { Ports } from "../ports/ports.ts";
import { DownloadService } from "./download-service.ts";
import { ExportService } from "./export-service.ts";
import { ModelService } from "./model-service.ts";
import type { ServedRuns } from "./served-runs.ts";

/** Models at work, written for other programs, and taken away. */
export interface ModelServices {
  readonly models: ModelService;
  readonly exports: ExportService;
  readonly downloads: DownloadService;
}

export function modelServices(
  ports: Ports,
  needs: {
    readonly access: Access;
    readonly audit: AuditService;
    readonly identity: IdentityService;
    readonly keeper: BlobKeeper;
    readonly served: ServedRuns;
  },
): ModelServices {
  const parts = { ...ports, ...needs };
  return {
    models: new ModelService(parts),
    exports: new ExportService(parts),
    downloads: new DownloadService(parts),
  };
}
