import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FreeableHostKind, FreedOfHost, HostRoom, HostStorage } from "@graft/api";
import {
  type CachePart,
  cacheFolders,
  cacheShares,
  dropPublicWeights,
  knownSetFiles,
  listWeights,
  pruneCache,
} from "@graft/core/node";
import type { HomeFeatures } from "../runs/home-features.ts";
import type { Store } from "../store/store.ts";
import { databaseBytes } from "./database-bytes.ts";
import { diskSize, namesIn } from "./disk-size.ts";

/** What the store was before an update (`store/embedded/named-folders.ts`). */
const OLD_ROWS = /^store\.before-/;
/** In a home's folder `server`: what is on its way, and is nothing to keep. */
const PASSING = ["spool", "import", "exports", "blobs-on-their-way", "backups-on-their-way"];
const CACHED = ["features", "archives"] as const satisfies readonly CachePart[];

export interface HomeStorageOptions {
  /** graft's. */
  readonly home: string;
  /** GRAFT_… is read. */
  readonly env: NodeJS.ProcessEnv;
  /** The home's cache, where this process uses it. */
  readonly features?: Pick<HomeFeatures, "look">;
  readonly store: Pick<Store, "kind" | "database">;
}

type Size = Pick<HostRoom, "bytes" | "count">;

async function together(paths: readonly string[]): Promise<{ bytes: number; count: number }> {
  const all = { bytes: 0, count: 0 };
  for (const path of paths) {
    const { bytes, count } = await diskSize(path);
    all.bytes += bytes;
    all.count += count;
  }
  return all;
}

/** What lies in a home, and beside it in a database. */
export class HomeStorage implements HostStorage {
  readonly #options: HomeStorageOptions;

  constructor(options: HomeStorageOptions) {
    this.#options = options;
  }

  async rooms(): Promise<readonly HostRoom[]> {
    const { home } = this.#options;
    const inHome = (...names: string[]): string => join(home, ...names);
    const shares = await cacheShares(cacheFolders(home));
    const cached = CACHED.map((kind): HostRoom => {
      const { bytes, count, leasedBytes } = shares[kind];
      return { kind, bytes, count, freeableBytes: bytes - leasedBytes };
    });
    const stay = async (kind: HostRoom["kind"], size: Promise<Size>): Promise<HostRoom> => ({
      ...{ kind, ...(await size), freeableBytes: 0 },
    });
    const old = await together(await this.#oldRows());
    const known = await together(knownSetFiles(home));
    return [
      ...cached,
      { ...(await stay("known-sets", diskSize(inHome("datasets")))), freeableBytes: known.bytes },
      {
        ...(await stay("weights", diskSize(inHome("weights")))),
        freeableBytes: await this.#publicWeights(),
      },
      await stay("rows", this.#rows()),
      { kind: "old-rows", ...old, count: (await this.#oldRows()).length, freeableBytes: old.bytes },
      await stay("engines", diskSize(inHome("engines"))),
      await stay("home-runs", this.#homeRuns()),
      await stay("passing", together(PASSING.map((name) => inHome("server", name)))),
    ];
  }

  async free(
    kinds: readonly FreeableHostKind[],
    { keepBytes }: { readonly keepBytes: number },
  ): Promise<readonly FreedOfHost[]> {
    const { home, env } = this.#options;
    const freed: FreedOfHost[] = [];
    const gone = (kind: FreeableHostKind, before: Size, after: Size): void => {
      // others may have added some meanwhile
      const less = (a: number | null, b: number | null): number => Math.max(0, (a ?? 0) - (b ?? 0));
      freed.push({ kind, bytes: less(before.bytes, after.bytes), count: less(before.count, after.count) });
    };
    const cached = CACHED.filter((kind) => kinds.includes(kind));
    if (cached.length > 0) {
      const folders = cacheFolders(home);
      const before = await cacheShares(folders);
      await pruneCache(folders, { maxBytes: keepBytes, only: cached.length === 1 ? cached[0] : undefined });
      await this.#options.features?.look();
      const after = await cacheShares(folders);
      for (const kind of cached) gone(kind, before[kind], after[kind]);
    }
    if (kinds.includes("known-sets")) {
      const before = await together(knownSetFiles(home));
      for (const path of knownSetFiles(home)) await rm(path, { force: true });
      gone("known-sets", before, await together(knownSetFiles(home)));
    }
    if (kinds.includes("weights")) {
      const before = await diskSize(join(home, "weights"));
      await dropPublicWeights({ home, env });
      gone("weights", before, await diskSize(join(home, "weights")));
    }
    if (kinds.includes("old-rows")) {
      const paths = await this.#oldRows();
      const { bytes } = await together(paths);
      for (const path of paths) await rm(path, { recursive: true, force: true });
      gone("old-rows", { bytes, count: paths.length }, { bytes: 0, count: 0 });
    }
    return freed;
  }

  async #rows(): Promise<Size> {
    const { home, store } = this.#options;
    const bytes =
      store.kind === "pglite"
        ? (await diskSize(join(home, "server", "store"))).bytes
        : await databaseBytes(store.database);
    return { bytes, count: null };
  }

  async #homeRuns(): Promise<Size> {
    const folder = join(this.#options.home, "runs");
    return { bytes: (await diskSize(folder)).bytes, count: (await namesIn(folder)).length };
  }

  async #oldRows(): Promise<readonly string[]> {
    const folder = join(this.#options.home, "server");
    return (await namesIn(folder)).filter((name) => OLD_ROWS.test(name)).map((name) => join(folder, name));
  }

  async #publicWeights(): Promise<number> {
    const found = await listWeights(this.#options);
    return found.find(({ name }) => name === "imagenet")?.bytes ?? 0;
  }
}
