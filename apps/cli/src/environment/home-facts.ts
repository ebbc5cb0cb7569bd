import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import type { MachineFacts, Workspace } from "@graft/core";
import { makeFolder } from "@graft/core/node";

/** What `Workspace.machine` says, and what a home on this machine has beside it. */
export interface HomeFacts extends Omit<MachineFacts, "runtime"> {
  readonly node: string;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly home: string;
  /** Room for runs, caches and weights; undefined where the home cannot be made or written. */
  readonly freeDiskBytes: number | undefined;
}

/** What doctor says of the machine that it ran on, in the order of its JSON. */
export async function homeFacts(workspace: Pick<Workspace, "machine">, home: string): Promise<HomeFacts> {
  const { platform, processor, threads } = await workspace.machine();
  return {
    ...{ node: process.version, platform, processor, threads },
    ...{ memoryBytes: totalmem(), freeMemoryBytes: freemem(), home },
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
