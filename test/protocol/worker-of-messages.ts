/** A worker that shares nothing with its host: its images, features, checkpoints and models are messages. */
import { crc32 } from "node:zlib";
import { checkInt8, createOnnxBackend } from "@graft/backend-select";
import { type Port, ProtocolWorker, remoteWorkspace } from "@graft/core";
import { createImagePool, emojiSample } from "@graft/core/node";

/** @param port to its host. @returns when it has nothing more to do. */
export async function workByMessages(port: Port): Promise<void> {
  await using backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
  const pool = createImagePool({ threads: 1 });
  try {
    const worker = new ProtocolWorker({
      port,
      open: async ({ call, signal, work }) => ({
        workspace: remoteWorkspace({
          ...{ call, signal, pool, crc32, checkInt8, checkpointMs: 0 },
          onEvent: () => undefined,
          selectBackend: async () => ({ backend, refusals: [] }),
          machine: async () => ({
            runtime: process.version,
            platform: "",
            processor: "",
            threads: 1,
          }),
          versions: { graft: "test" },
          shortName: (location) => (work.kind === "train" ? work.datasetName : location),
          foreign: emojiSample(pool),
        }),
      }),
    });
    await worker.done;
  } finally {
    await pool.close();
  }
}
