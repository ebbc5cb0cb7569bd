import { CoreError } from "../errors.ts";
import type { Folder } from "../files/folder.ts";
import type { Crc32 } from "../numbers/crc32.ts";
import { createStoredRun, creatingError } from "./create-stored-run.ts";
import { nearNames } from "./near-names.ts";
import { isRunId, newRunId } from "./run-id.ts";
import { lockRun, runHolder } from "./run-lock.ts";
import { openStoredRun, type RunInFolder } from "./stored-run.ts";
import type { NewRun, RunStore, RunSummary } from "./types.ts";

/** Runs in a folder, each in a folder of its own under its id. */
export interface RunsInFolder extends RunStore {
  create(run: NewRun): Promise<RunInFolder>;
  open(id: string): Promise<RunInFolder>;
}

async function idsIn(folder: Folder): Promise<string[]> {
  const entries = await folder.list();
  return entries.filter(({ kind, name }) => kind === "folder" && isRunId(name)).map(({ name }) => name);
}

async function summarize(folder: Folder, id: string): Promise<RunSummary> {
  try {
    const run = await openStoredRun(folder, id);
    const holder = await runHolder(folder);
    const { record } = run;
    const metrics = record.metrics ? { metrics: record.metrics } : {};
    const pid = holder?.pid === undefined ? {} : { pid: holder.pid };
    return { id, state: await run.state(), record, ...metrics, ...pid };
  } catch (error) {
    return { id, state: "broken", problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Makes a folder under an id that no other run has. @throws CoreError `conflict` for an id that is given and taken. */
async function claimFolder(
  folder: Folder,
  { id: given, datasetName }: Pick<NewRun, "id" | "datasetName">,
): Promise<string> {
  for (;;) {
    const id = given ?? newRunId(datasetName, Date.now());
    if (await folder.create(id)) return id;
    if (given !== undefined)
      throw new CoreError("conflict", { what: "There is already a run of this name.", received: given });
  }
}

function notFound(id: string, ids: readonly string[]): CoreError {
  const near = nearNames(id, ids);
  const [newest] = ids.toSorted().reverse();
  const known =
    near.length > 0 ? `perhaps ${near.join(" or ")}` : newest && `an id such as ${newest}, the newest`;
  return new CoreError(
    "not-found",
    {
      what: "There is no such run.",
      received: id,
      ...(known ? { expected: known } : {}),
      fix: "`graft runs list` shows all.",
    },
    { facts: { id, near } },
  );
}

/**
 * @param folder made with the first run.
 * @param options.crc32 the host's own, for checkpoints.
 */
export function createRunStore(folder: Folder, options: { readonly crc32?: Crc32 } = {}): RunsInFolder {
  const find = async (id: string): Promise<Folder> => {
    const ids = await idsIn(folder);
    if (ids.includes(id)) return folder.folder(id);
    throw notFound(id, ids);
  };
  return {
    async create(run) {
      const id = await claimFolder(folder, run).catch((error: unknown) => {
        throw creatingError(error, folder.name);
      });
      return createStoredRun(folder.folder(id), { ...run, id }, options);
    },
    async open(id) {
      return openStoredRun(await find(id), id, options);
    },
    async list() {
      const ids = await idsIn(folder);
      return Promise.all(
        ids
          .sort()
          .reverse()
          .map((id) => summarize(folder.folder(id), id)),
      );
    },
    async remove(id) {
      const own = await find(id);
      // nobody may begin to work on it meanwhile; the lock goes with the folder
      await using _ = await lockRun(own, id);
      await own.clear();
    },
  };
}
