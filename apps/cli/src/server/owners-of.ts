import type { ServerClient } from "./client.ts";
import { inPages } from "./in-pages.ts";

/** Names of accounts by id, for who sees the things of all; undefined: there are none but the caller's. */
export async function ownersOf({
  accounts,
  system,
}: ServerClient["api"]): Promise<ReadonlyMap<string, string> | undefined> {
  if ((await system.me.query()).role !== "admin") return undefined;
  const all = await inPages((page) => accounts.list.query({ ...page, limit: 100 }));
  return new Map(all.map(({ id, name }) => [id, name]));
}
