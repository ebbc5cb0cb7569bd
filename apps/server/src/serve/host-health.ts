import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { cpus, freemem, totalmem } from "node:os";
import type { EngineHealth, HostFacts, HostHealth } from "@graft/api";
import { usableThreads } from "@graft/backend-select";
import { examineEngines } from "../workers/examine-engines.ts";

/** To try all engines takes seconds and all cores: who asks again soon is told the same. */
const FRESH_MS = 60_000;

export interface HostHealthOptions extends Pick<HostFacts, "home" | "store" | "blobs"> {
  readonly env: NodeJS.ProcessEnv;
}

/** What this process and its machine say of themselves. */
export function hostHealth({ home, store, blobs, env }: HostHealthOptions): HostHealth {
  let tried: { readonly at: number; readonly engines: Promise<readonly EngineHealth[]> } | undefined;
  return {
    facts: async () => ({
      ...{ runtime: `Node ${process.version}`, platform: `${process.platform} ${process.arch}` },
      ...{ processor: cpus()[0]?.model.trim() ?? "unknown processor", threads: usableThreads() },
      ...{ memoryBytes: totalmem(), freeMemoryBytes: freemem(), home, store, blobs },
      freeDiskBytes: await freeDisk(home),
    }),
    engines() {
      const now = performance.now();
      if (tried && now - tried.at < FRESH_MS) return tried.engines;
      const engines = examineEngines(home, env);
      tried = { at: now, engines };
      engines.catch(() => {
        tried = undefined;
      });
      return engines;
    },
  };
}

async function freeDisk(folder: string): Promise<number | null> {
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
