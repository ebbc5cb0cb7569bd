import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "vitest";
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";
import { NO_S3 } from "../../setup/moto-python.ts";
import { memoryBlobStore } from "../blobs/memory-blobs.ts";
import { startS3 } from "../s3-server.ts";
import { describeBlobStore } from "./blob-store.ts";

describeBlobStore("a folder", async () => {
  const root = await mkdtemp(join(tmpdir(), "graft-blobs-"));
  const blobs = await openBlobStore(join(root, "blobs"));
  return { blobs, close: () => rm(root, { recursive: true }) };
});

// what tests of the keeper stand on
describeBlobStore("memory", async () => ({ blobs: memoryBlobStore(), close: async () => undefined }));

const s3 = await startS3();
if (s3) {
  afterAll(() => s3.stop());
  describeBlobStore("an S3 store", async () => {
    const temporary = await mkdtemp(join(tmpdir(), "graft-blobs-"));
    const blobs = await openBlobStore(await s3.bucket("contract", "some/prefix"), { temporary });
    return { blobs, close: () => rm(temporary, { recursive: true }) };
  });
} else {
  describe("blobs in an S3 store", () => it.skip(`skipped: ${NO_S3}`, () => undefined));
}
