// The process that reads an upload: what it decodes is hostile until it has been read, and may be this process's end.
import { writeFileSync } from "node:fs";
import { serializeError } from "@graft/core";
import { createImagePool, parentPort } from "@graft/core/node";
import { type ListedUpload, type News, orderSchema, type Reading } from "./messages.ts";
import { readUpload } from "./read-upload.ts";

const ALIVE_MS = 500;

const port = parentPort();
const files: ListedUpload[] = [];
let taken: (() => void) | undefined;

const tell = (news: News): void => port.post(news);

/** Where memory runs out, this process is the one to end. Linux alone has a say in that; a container may not allow it. */
function offerMemory(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "900");
  } catch {
    // another system, or not allowed
  }
}

async function read(reading: Reading): Promise<void> {
  const pool = createImagePool({ threads: reading.threads });
  try {
    await readUpload(files, reading, {
      ...{ pool, tell },
      tellPage: (found) =>
        new Promise((resolve) => {
          taken = resolve;
          tell({ type: "page", found: [...found] });
        }),
    });
    tell({ type: "done" });
  } catch (error) {
    // a defect, and a thread that ended, are told by how the process ends
    const { code } = serializeError(error);
    if (code === "internal") throw error;
    tell({ type: "failed", error: serializeError(error) });
  } finally {
    await pool.close();
    port.close();
  }
}

offerMemory();
setInterval(() => tell({ type: "alive", memory: process.memoryUsage.rss() }), ALIVE_MS).unref();
// whoever asked is gone: nobody hears what is found
port.onClose(() => process.exit());
port.onMessage((message) => {
  const order = orderSchema.parse(message);
  if (order.type === "files") files.push(...order.files);
  else if (order.type === "next") taken?.();
  else
    void read(order.reading).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
});
