import { existsSync } from "node:fs";
import { CoreError } from "@graft/core";
import type { ServerClient } from "./client.ts";

export type ModelThere = Awaited<ReturnType<ServerClient["api"]["models"]["get"]["query"]>>;

/**
 * The model of a server's run.
 * @throws CoreError `bad-input` for a model's folder, which is of this computer; tRPC's errors (`asCoreError`).
 */
export async function modelThere({ api }: ServerClient, run: string): Promise<ModelThere> {
  if (/[./\\]/.test(run) || (run.length > 0 && existsSync(run)))
    throw new CoreError("bad-input", {
      what: "A server works with the models of its runs, and not with a folder of this computer.",
      received: run,
      expected: "a run's id, as `graft runs list` shows it",
      fix: "Add --local to use this folder's model here.",
    });
  return api.models.get.query({ run });
}
