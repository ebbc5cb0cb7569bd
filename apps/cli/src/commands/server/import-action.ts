import { resolve } from "node:path";
import type { ImportedRun } from "@graft/server";
import { packageVersion } from "../../environment/package-version.ts";
import { print, printJson } from "../../output/stdout.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { loadServer } from "../serve/load-server.ts";
import { begin, placeOf } from "./work.ts";

/** `graft server import-home [HOME]` */
export async function importHome(
  context: CommandContext,
  flags: Flags,
  from: string | undefined,
): Promise<void> {
  const { importHome: take } = await loadServer();
  using work = begin(context);
  const imported = await take(placeOf(context, flags, work), {
    ...(from === undefined ? {} : { from: resolve(from) }),
    ...(typeof flags.owner === "string" ? { owner: flags.owner } : {}),
    ...{ version: packageVersion(), env: context.environment.variables, signal: work.signal },
    onProgress: ({ what, done, total }) => work.line.status(`Taking in ${what}  ${done}/${total}`),
  });
  work.line.clear();
  if (context.json) {
    for (const run of imported) printJson(run);
    return;
  }
  for (const run of imported) print(textOf(run));
  const count = (outcome: ImportedRun["outcome"]): number =>
    imported.filter((run) => run.outcome === outcome).length;
  print(`${count("new")} runs taken in, ${count("there")} there already, ${count("skipped")} passed over.`);
}

function textOf({ id, outcome, reason, hasModel, missingPictures }: ImportedRun): string {
  if (outcome === "skipped") return `${id}  passed over: ${reason ?? ""}`;
  if (outcome === "there") return `${id}  there already`;
  const { count = 0, of = 0 } = missingPictures ?? {};
  const pictures = count === 0 ? `all ${of} pictures` : `${of - count} of ${of} pictures`;
  return `${id}  taken in with ${pictures}${hasModel ? " and its model" : "; it has no model"}`;
}
