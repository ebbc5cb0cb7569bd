import type { Repository } from "../ports/repository.ts";
import type { UploadFileRow } from "../ports/rows.ts";

/** Rows of one question to the store. */
const PAGE = 1000;

/** An upload's files by path: those that are here, and those that are named alone. */
export async function sentFiles(
  { uploads }: Pick<Repository, "uploads">,
  upload: string,
): Promise<ReadonlyMap<string, UploadFileRow>> {
  const files = new Map<string, UploadFileRow>();
  let after: string | undefined;
  do {
    const { items, next } = await uploads.files(upload, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const file of items) files.set(file.path, file);
    after = next ?? undefined;
  } while (after !== undefined);
  return files;
}
