import type { ClassRow, DatasetRow, Page, PageRequest, Repository } from "@graft/api";
import { afterAll, beforeAll } from "vitest";
import { sampleAccount, sampleClass, sampleDataset } from "./sample-rows.ts";

/** Opens a new, empty repository. */
export type OpenRepository = () => Promise<{ readonly repository: Repository } & AsyncDisposable>;

/** One repository for the tests of a `describe`, which leave each other alone: each has rows of its own. */
export function sharedRepository(open: OpenRepository): () => Repository {
  let store: Awaited<ReturnType<OpenRepository>> | undefined;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(async () => {
    await store?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!store) throw new Error("The repository is open within tests alone.");
    return store.repository;
  };
}

/** A data set with the classes ash and oak. */
export interface Leaves {
  readonly owner: string;
  readonly dataset: DatasetRow;
  readonly id: string;
  readonly ash: ClassRow;
  readonly oak: ClassRow;
}

/** @param owner @default a new account */
export async function newLeaves({ accounts, datasets }: Repository, owner?: string): Promise<Leaves> {
  const account = sampleAccount();
  if (owner === undefined) await accounts.create(account);
  const dataset = sampleDataset(owner ?? account.id);
  const ash = sampleClass(dataset.id, { name: "ash", position: 0 });
  const oak = sampleClass(dataset.id, { name: "oak", position: 1 });
  await datasets.create(dataset, [ash, oak]);
  return { owner: owner ?? account.id, dataset, id: dataset.id, ash, oak };
}

/**
 * All items of a list, page by page.
 * @param between called after each page but the last, with what was given.
 */
export async function walkPages<T>(
  page: (request: PageRequest) => Promise<Page<T>>,
  limit: number,
  between: (given: readonly T[]) => Promise<void> = async () => {},
): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined; ; ) {
    const { items: some, next } = await page({ after, limit });
    if (some.length > limit) throw new Error(`A page of ${limit} has ${some.length} items.`);
    items.push(...some);
    if (next === undefined) return items;
    if (some.length < limit) throw new Error("A page that is not full says that another one follows.");
    after = next;
    await between(items);
  }
}

/** Every element of an iterable of lists. */
export async function gather<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** How often each outcome came: "ok", or an error's code. */
export async function outcomes(promises: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const settled of await Promise.allSettled(promises)) {
    const reason: unknown = settled.status === "rejected" ? settled.reason : undefined;
    const code = settled.status === "fulfilled" ? "ok" : codeOf(reason);
    counted[code] = (counted[code] ?? 0) + 1;
  }
  return counted;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
