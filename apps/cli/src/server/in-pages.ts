/** All of a list that a server gives in pages. @param page asks for the page after a place; from the start without one. */
export async function inPages<T>(
  page: (from: { readonly after?: string }) => Promise<{
    readonly items: readonly T[];
    readonly next: string | null;
  }>,
): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(after === undefined ? {} : { after });
    all.push(...items);
    after = next ?? undefined;
  } while (after !== undefined);
  return all;
}
