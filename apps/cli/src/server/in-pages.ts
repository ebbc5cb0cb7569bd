type AskPage<T> = (from: { readonly after?: string }) => Promise<{
  readonly items: readonly T[];
  readonly next: string | null;
}>;

/** The pages of a list that a server gives so. @param page asks for the one after a place; for the first without one. */
export async function* pagesOf<T>(page: AskPage<T>): AsyncGenerator<readonly T[]> {
  let after: string | undefined;
  do {
    const { items, next } = await page(after === undefined ? {} : { after });
    yield items;
    after = next ?? undefined;
  } while (after !== undefined);
}

/** All of such a list. */
export async function inPages<T>(page: AskPage<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const items of pagesOf(page)) all.push(...items);
  return all;
}
