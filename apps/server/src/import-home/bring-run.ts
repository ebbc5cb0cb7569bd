import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type RunRow, runFolder } from "@graft/api";
import { type Dataset, type Folder, imagesOfPart, type Part, type TrainEvent } from "@graft/core";
import { filesBelow, type HomeRun, recordFor } from "./home-run.ts";
import type { HomeServer } from "./open-home-server.ts";

export interface BroughtRun {
  readonly id: string;
  readonly dataset: string;
  readonly owner: string;
  readonly frozen: Dataset;
  /** What its owner should know: where it is from, what is missing. */
  readonly note: string;
}

/** Files of a run that the server reads, too. */
const FILES = ["split.json", "images.json"] as const;

/** Last of all that is written: who finds it finds the whole run. */
const NOTE = "from-home";

function eventsFor({ events }: HomeRun, { id, note }: BroughtRun): readonly TrainEvent[] {
  const last = events.at(-1);
  const told = { type: "note", code: NOTE, message: note, run: id } as const;
  return [
    ...events.map((event) => ({ ...event, run: id })),
    { ...told, seq: (last?.seq ?? -1) + 1, time: last?.time ?? 0 },
  ];
}

/** True for a run that is there with all that is its; one that a kill cut off is removed. */
export async function isBrought(
  { ports, services }: HomeServer,
  run: Pick<HomeRun, "events">,
  id: string,
): Promise<boolean> {
  const { runs } = ports.repository;
  const row = await runs.get(id);
  if (!row) return false;
  if (row.lastSeq > (run.events.at(-1)?.seq ?? -1)) return true;
  await runFolder({ ...ports, keeper: services.keeper }, id).clear();
  await runs.remove(id);
  return false;
}

/** Writes a run's row, files and events; the last event says that it is whole. */
export async function bringRun(server: HomeServer, run: HomeRun, brought: BroughtRun): Promise<void> {
  const { ports, services } = server;
  const { runs } = ports.repository;
  const { id, dataset, owner, frozen } = brought;
  const { record, state, split } = run;
  const count = (part: Part): number => imagesOfPart(frozen, split, part).length;
  const bytes = new TextEncoder().encode(JSON.stringify({ version: 1, dataset: frozen, split }));
  const times = { createdAt: Date.parse(record.created), endedAt: Date.parse(record.updated) };
  {
    await using kept = await services.keeper.keep(bytes);
    const row: Omit<RunRow, "number"> = {
      ...{
        id,
        dataset,
        owner,
        name: run.id,
        state,
        stopAsked: null,
        config: record.config,
        frozen: kept.hash,
      },
      ...{
        frozenEdit: 0,
        images: { train: count("train"), validation: count("validation"), test: count("test") },
      },
      ...{
        ...times,
        startedAt: times.createdAt,
        metrics: record.metrics ?? null,
        error: record.error ?? null,
      },
      ...{ lastSeq: -1, worker: null, backend: record.backend?.id ?? null },
      ...{ hasModel: run.model !== undefined, rerunOf: null },
    };
    await runs.create(row);
  }
  const folder = runFolder({ ...ports, keeper: services.keeper }, id);
  await folder.replace("run.json", [new TextEncoder().encode(await recordFor(run, id))]);
  await copyFiles(run.folder, folder, FILES);
  const isOver = state === "completed" || state === "cancelled";
  if (!isOver) await copyFiles(join(run.folder, "checkpoints"), folder.folder("checkpoints"));
  if (run.model !== undefined) await copyFiles(run.model, folder.folder("model"));
  await runs.appendEvents(id, eventsFor(run, brought));
}

/** @param only of these names. @default all */
async function copyFiles(from: string, to: Folder, only?: readonly string[]): Promise<void> {
  const names = await filesBelow(from);
  for (const name of names)
    if (!only || only.includes(name)) await to.replace(name, createReadStream(join(from, name)));
}
