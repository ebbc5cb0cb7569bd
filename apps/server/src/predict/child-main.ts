import { writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { selectBackend } from "@graft/backend-select";
import { type Port, type SelectedBackend, serializeError } from "@graft/core";
import { parentPort } from "@graft/core/node";
import * as z from "zod";
import type { News } from "./request-messages.ts";

const settingsSchema = z.object({
  home: z.string(),
  /** A kind or an id. @default the fastest usable */
  backend: z.string().optional(),
  /** That the engine computes with, and that decode pictures. @default as many as may be busy at once */
  threads: z.int().min(1).optional(),
  /** For all models that are loaded. */
  modelBytes: z.number(),
});
export type ChildSettings = z.infer<typeof settingsSchema>;

/** What a process that works with models has from its start. */
export interface ChildParts {
  readonly port: Port;
  readonly settings: ChildSettings;
  /** @param name a kind or an id. @default as the settings say */
  selectBackend(name?: string): Promise<SelectedBackend>;
}

/**
 * Where memory runs out, this process is the one to end: it is started again, and nothing is lost. Linux alone has a say in
 * that; a container may not allow it.
 */
function offerMemory(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "900");
  } catch {
    // another system, or not allowed: then memory is short for all alike
  }
}

/** Lets go of what a model was read from at once: hundreds of megabytes that V8 does not see as its own. */
export function memorySweeper(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  return () => {
    if (typeof collect === "function") collect();
  };
}

/** Runs one of the processes' programs to its end; a defect ends it with its message on stderr. */
export async function runChild(work: (parts: ChildParts) => Promise<void>): Promise<void> {
  offerMemory();
  const port = parentPort();
  const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
  const { home, backend, threads } = settings;
  const select = (name: string | undefined = backend): Promise<SelectedBackend> =>
    selectBackend({ home, env: process.env, backend: name, threads });
  try {
    await work({ port, settings, selectBackend: select });
  } catch (error) {
    const news: News = { type: "unusable", error: serializeError(error) };
    port.post(news);
  } finally {
    port.close();
  }
}
