import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobStore, newId } from "@graft/api";
import { afterAll, beforeAll, describe, it } from "vitest";
import { openBlobStore } from "../../apps/server/src/blobs/open-blob-store.ts";
import { describeLong } from "../long.ts";
import { motoPython, NO_S3 } from "../setup/moto-python.ts";
import { whyNoPostgres } from "../setup/postgres.ts";
import { openTestStore, type StoreKind, type TestStore } from "./open-store.ts";
import { type S3Server, startS3 } from "./s3-server.ts";

/** Rows and blobs of a test's own. */
export interface TestPair extends AsyncDisposable {
  readonly store: TestStore;
  readonly blobs: BlobStore;
  /** Closes the store of rows and opens it again, as after a restart: it is `store` then. */
  reopen(): Promise<void>;
  /** Where the blobs are, as `openBlobStore` takes it. */
  readonly place: string;
}

export async function openPair(kind: StoreKind, s3?: S3Server): Promise<TestPair> {
  let store = await openTestStore(kind);
  const folder = await mkdtemp(join(tmpdir(), "graft-blobs-"));
  const place = s3 ? await s3.bucket(`test-${newId()}`) : join(folder, "blobs");
  return {
    get store() {
      return store;
    },
    ...{ place, blobs: await openBlobStore(place, { temporary: join(folder, "tmp") }) },
    async reopen() {
      store = await store.reopen();
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * Registers tests on both pairs that a server may stand on: the embedded store with a folder, PostgreSQL with an S3 store
 * (with a folder, said in the name, where no S3 server can be had). A pair that cannot be had is a skipped test with the reason
 * as its name.
 * @param options.secondIsLong the second pair is left to the long run (`long.ts`). @default false
 */
export function describeOnPairs(
  name: string,
  tests: (open: () => Promise<TestPair>) => void,
  { secondIsLong = false } = {},
): void {
  describe(`${name}, pglite and a folder`, () => tests(() => openPair("pglite")));
  const refusal = whyNoPostgres();
  const hasS3 = motoPython() !== undefined;
  const describeSecond = secondIsLong ? describeLong : describe;
  describeSecond(`${name}, postgres and ${hasS3 ? "an S3 store" : `a folder (${NO_S3})`}`, () => {
    if (refusal !== undefined) return it.skip(`skipped: ${refusal}`, () => undefined);
    let s3: S3Server | undefined;
    beforeAll(async () => {
      s3 = await startS3();
    });
    afterAll(() => s3?.stop());
    tests(() => openPair("postgres", s3));
  });
}

/** Blobs in a folder beside PGlite; beside PostgreSQL in an S3 store, where there is one for tests. */
export async function openBlobs(
  store: TestStore,
): Promise<{ readonly blobs: BlobStore; readonly s3?: S3Server }> {
  const s3 = store.kind === "postgres" ? await startS3() : undefined;
  if (!s3) return { blobs: await openBlobStore(join(store.home, "blobs")) };
  return { blobs: await openBlobStore(await s3.bucket(`test-${newId()}`)), s3 };
}
