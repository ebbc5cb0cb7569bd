import type { Page, PageRequest } from "./paging.ts";

/** All of a list that comes in pages; for those that are short by nature: accounts, an account's tokens. */
export async function inPages<T>(page: (request: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page({ after, limit: 500 });
    all.push(...items);
    after = next;
  } while (after !== undefined);
  return all;
}
