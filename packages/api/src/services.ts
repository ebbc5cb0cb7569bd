import type { Folder } from "@graft/core";
import { BlobKeeper } from "./blobs/blob-keeper.ts";
import { DatasetService } from "./datasets/dataset-service.ts";
import { Dealer } from "./datasets/dealer.ts";
import { EditService } from "./datasets/edit-service.ts";
import { ImageService } from "./datasets/image-service.ts";
import { type IdentityServices, identityServices } from "./identity/identity-services.ts";
import type { Ports } from "./ports/ports.ts";
import { type RunServices, runServices } from "./runs/run-services.ts";
import { SystemService } from "./system/system-service.ts";
import { UploadService } from "./uploads/upload-service.ts";

/** What procedures and a host's own routes call. */
export interface Services extends IdentityServices, RunServices {
  readonly system: SystemService;
  readonly keeper: BlobKeeper;
  readonly datasets: DatasetService;
  readonly images: ImageService;
  readonly edits: EditService;
  readonly uploads: UploadService;
}

/** How a host keeps runs. */
export interface ServiceOptions {
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
  /** No other process works on this store: whoever holds a run from before is gone. @default false */
  readonly isAlone?: boolean;
}

export function createServices(ports: Ports, options: ServiceOptions): Services {
  const keeper = new BlobKeeper(ports);
  const kept = keeper;
  const dealer = new Dealer(ports);
  const identity = identityServices(ports, (caller, dataset) =>
    datasets.delete(caller, dataset, { stopRuns: true }),
  );
  const { access, audit } = identity;
  const uploads = new UploadService({ ...ports, kept, access });
  const datasets = new DatasetService({ ...ports, kept, access, audit, dealer, uploads });
  return {
    ...{ ...identity, keeper, datasets, uploads, system: new SystemService(ports) },
    images: new ImageService({ ...ports, kept, access, audit }),
    edits: new EditService({ ...ports, dealer, access }),
    ...runServices(ports, { ...options, keeper, access, audit, datasets }),
  };
}
