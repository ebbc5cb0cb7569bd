import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { makeFolder } from "@graft/core/node";

export interface MachineFacts {
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly home: string;
  /** Room for runs, caches and weights; undefined where the home cannot be made or written. */
  readonly freeDiskBytes: number | undefined;
}

/** What doctor and bench say of the machine that they ran on. */
export async function machineFacts(home: string): Promise<MachineFacts> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    home,
    freeDiskBytes: await freeDisk(home),
  };
}

async function freeDisk(folder: string): Promise<number | undefined> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
