import type { Repository, Services } from "@graft/api";
import { importsFolder } from "./import-handler.ts";
import { sweepImports } from "./import-place.ts";

/**
 * Puts imports back into the line that a server's end kept out of it, and removes what nobody goes on with: called at start
 * and daily.
 * @param options.home graft's
 */
export async function tendUploads({
  uploads,
  repository,
  home,
}: Pick<Services, "uploads"> & { readonly repository: Repository; readonly home: string }): Promise<void> {
  await uploads.recover();
  await uploads.sweep();
  await sweepImports(importsFolder(home), async (id) => {
    const state = (await repository.uploads.get(id))?.state;
    return state === "queued" || state === "importing";
  });
}
