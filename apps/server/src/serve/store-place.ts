import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BlobStore, storeId } from "@graft/api";
import { CoreError } from "@graft/core";
import { openBlobStore } from "../blobs/open-blob-store.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { lockHome } from "./home-lock.ts";

/** Where a server keeps what it has, as it is started: see `ServerOptions`. */
export interface StorePlace {
  readonly home: string;
  readonly databaseUrl?: string | undefined;
  readonly blobs?: string | undefined;
  /** Told what its owner should know. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** The rows of a place that no server of this home serves. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  /**
   * Its blobs' place, which is claimed for it.
   * @param options.handOnTo the store that the place is to be of from now on. @throws as `openBlobStore`
   */
  blobs(options?: { readonly handOnTo?: Pick<Store, "name" | "repository"> }): Promise<BlobStore>;
}

/**
 * Opens a server's store without the server.
 * @param options.isThere a store is expected there; none is made.
 * @throws CoreError `conflict` while a server has the home, `not-found`, what the store throws.
 */
export async function openPlace(
  { home, databaseUrl, blobs, onNotice = () => undefined }: StorePlace,
  { isThere }: { readonly isThere: boolean },
): Promise<OpenedStore> {
  const folder = join(home, "server");
  if (isThere && databaseUrl === undefined && !existsSync(join(folder, "store")))
    throw new CoreError("not-found", {
      what: "No server has kept anything in this home.",
      received: home,
      fix: "Give another `home`, or DATABASE_URL where rows are in PostgreSQL.",
    });
  const lock = await lockHome(home);
  try {
    const store = await openStore({
      home,
      onNotice,
      ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
    });
    return {
      store,
      async blobs({ handOnTo } = {}) {
        const temporary = join(folder, "blobs-on-their-way");
        const owner = handOnTo ?? store;
        const claim = {
          ...{ store: await storeId(owner.repository.leases), rows: owner.name },
          from: handOnTo && (await storeId(store.repository.leases)),
        };
        return openBlobStore(blobs ?? join(folder, "blobs"), { ...claim, temporary });
      },
      async [Symbol.asyncDispose]() {
        try {
          await store[Symbol.asyncDispose]();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
