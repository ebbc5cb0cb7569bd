import { newId } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { DatasetRow } from "../ports/rows.ts";
import type { KeptBlobs } from "../uploads/kept-blobs.ts";

/** What a copy is called until all of it is there; one that a server's end cut off keeps the name. */
const unfinished = (name: string): string => `${name} (copy, not finished)`;

/** The same pictures, classes and sides in a data set of their own: equal bytes are kept once. */
export async function copyDataset(
  { repository, kept }: { readonly repository: Repository; readonly kept: KeptBlobs },
  from: DatasetRow,
  { name, owner, now }: { readonly name: string; readonly owner: string; readonly now: number },
): Promise<DatasetRow> {
  const { datasets, images } = repository;
  const copy: DatasetRow = { ...from, id: newId(), owner, name, createdAt: now, changedAt: now, lastEdit: 0 };
  const classes = (await datasets.classes(from.id)).map((row) => ({ ...row, id: newId(), was: row.id }));
  const classOf = new Map<string | null, string>(classes.map(({ id, was }) => [was, id]));
  await datasets.create(
    { ...copy, name: unfinished(name) },
    classes.map(({ was: _, ...row }) => ({ ...row, dataset: copy.id })),
  );
  try {
    for await (const page of images.all(from.id)) {
      await using keeping = kept.begin();
      const hashes = page.flatMap(({ hash, thumbnail }) => (thumbnail === null ? [hash] : [hash, thumbnail]));
      const here = await keeping.keepStored([...new Set(hashes)]);
      await images.add(copy.id, {
        ...{ classes: [], parts: new Map(), at: now },
        // one that is deleted meanwhile is not in the copy, either
        images: page
          .filter(({ hash }) => here.has(hash))
          .map((row) => ({
            ...{ ...row, id: newId(), dataset: copy.id, addedBy: owner },
            class: classOf.get(row.class) ?? null,
            thumbnail: row.thumbnail !== null && here.has(row.thumbnail) ? row.thumbnail : null,
          })),
      });
    }
    await datasets.update(copy.id, { name, changedAt: now });
  } catch (error) {
    await datasets.remove(copy.id);
    throw error;
  }
  return copy;
}
