import type { Services } from "@graft/api";
import type { HttpLimits } from "../access/limits.ts";
import { type BackupSource, backupRoutes } from "./backup-route.ts";
import { imageRoutes, runFileRoutes } from "./file-routes.ts";
import { predictRoutes } from "./predict-routes.ts";
import type { RawRoute } from "./raw-route.ts";
import { searchRoutes } from "./search-routes.ts";
import { uploadRoutes } from "./upload-routes.ts";
import { zipRoutes } from "./zip-route.ts";

export interface HostRouteParts
  extends Pick<Services, "uploads" | "images" | "downloads" | "models" | "searchFeatures"> {
  readonly backups: BackupSource;
}

/** Every address of a server that takes or gives bytes. Tests are made from this list, as from the router. */
export const hostRoutes = (
  { uploads, images, downloads, models, searchFeatures, backups }: HostRouteParts,
  limits: HttpLimits,
): readonly RawRoute[] => [
  ...uploadRoutes(uploads, limits),
  ...imageRoutes(images, limits),
  ...runFileRoutes(downloads, limits),
  ...zipRoutes(downloads, limits),
  ...predictRoutes(models, limits),
  ...searchRoutes(searchFeatures, limits),
  ...backupRoutes(backups, limits),
];
