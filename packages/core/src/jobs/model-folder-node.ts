import { existsSync } from "node:fs";
import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { MODEL_FILES } from "../model/model-files.ts";

/**
 * A model folder as given, or the model of a run id under HOME/runs.
 * @throws CoreError `not-found` that says where it looked.
 */
export function resolveModelFolder(nameOrPath: string, home: string): string {
  const ofRun = join(home, "runs", nameOrPath, "model");
  for (const folder of [nameOrPath, join(nameOrPath, "model"), ofRun])
    if (existsSync(join(folder, MODEL_FILES.manifest))) return folder;
  if (existsSync(join(home, "runs", nameOrPath))) {
    throw new CoreError("not-found", {
      what: `The run ${nameOrPath} has no model yet.`,
      fix: `Finish it first: \`graft runs resume ${nameOrPath}\``,
    });
  }
  throw new CoreError("not-found", {
    what: "There is no model there.",
    received: nameOrPath,
    expected: "a model folder (with graft.json) or a run id",
    fix: "`graft runs list` shows the runs.",
  });
}
