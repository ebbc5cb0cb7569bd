import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiRunState } from "@graft/api";
import {
  byCodeUnit,
  CoreError,
  type Dataset,
  type DatasetImage,
  RUN_STATUSES,
  type RunStatus,
  type Split,
  type StartImage,
  startLabels,
  type TrainEvent,
} from "@graft/core";
import { openRunStore, type RunRecord, readModelFolder } from "@graft/core/node";

/** A run that a command line made, read whole. */
export interface HomeRun {
  readonly id: string;
  readonly folder: string;
  readonly record: RunRecord;
  readonly split: Split;
  /** In their order, as the classes that labels count in. */
  readonly labels: readonly string[];
  /** By hash; what it noted of its images when it began. */
  readonly start: ReadonlyMap<string, StartImage>;
  readonly events: readonly TrainEvent[];
  readonly state: RunStatus;
  /** Where its data set is. */
  readonly location: string;
  /** Folder of its model; undefined: there is none that can be read. */
  readonly model: string | undefined;
}

const isOver = (state: string): state is RunStatus & ApiRunState => RUN_STATUSES.some((one) => one === state);

/** @throws CoreError for one that cannot be read, and for one that somebody works on. */
export async function readHomeRun(home: string, id: string): Promise<HomeRun> {
  const run = await openRunStore(home).open(id);
  const state = await run.state();
  if (!isOver(state))
    throw new CoreError("conflict", {
      what: state === "running" ? "Somebody works on this run." : "This run never began.",
      received: id,
    });
  const { record, split, folder } = run;
  const { images: start } = await run.beginning();
  const events = await run.readEvents();
  const location = record.dataset?.location;
  return {
    ...{ id, folder, record, split, start, events, state },
    labels: startLabels(record) ?? [],
    location: typeof location === "string" ? location : record.datasetName,
    model: await modelOf(folder, record),
  };
}

async function modelOf(folder: string, { model }: RunRecord): Promise<string | undefined> {
  const place = model ?? join(folder, "model");
  return readModelFolder(place).then(
    () => place,
    () => undefined,
  );
}

/** Paths of all files below a folder, "/" between folders; none where there is no folder. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort(byCodeUnit);
}

/** run.json as a server's run has it: its own id, and its data set under that. */
export async function recordFor({ folder, record }: HomeRun, id: string): Promise<string> {
  const json: unknown = JSON.parse(await readFile(join(folder, "run.json"), "utf8"));
  const { out: _, force: __, model: ___, ...kept } = Object(json);
  return `${JSON.stringify({ ...kept, id, dataset: { ...record.dataset, location: id } }, undefined, 2)}\n`;
}

const UNKNOWN = { format: "png", width: 0, height: 0, perceptualHash: "0".repeat(16) } as const;

/**
 * The pictures that a run learned from and checked itself on, as far as anybody knows them.
 * @param scanned its data set as it is now; undefined where it is not there any more.
 */
export function datasetOfRun(run: HomeRun, scanned: Dataset | undefined): Dataset {
  const labels = run.labels.length > 0 ? run.labels : (scanned?.labels ?? []);
  const wanted = new Set([...run.split.train, ...run.split.validation, ...run.split.test]);
  const missing = new Set(wanted);
  const images: DatasetImage[] = [];
  for (const image of scanned?.images ?? []) {
    const label = labels.indexOf(run.start.get(image.hash)?.label ?? scanned?.labels[image.label] ?? "");
    if (label < 0 || !wanted.has(image.hash)) continue;
    missing.delete(image.hash);
    images.push({ ...image, label });
  }
  for (const hash of missing) {
    const { path = hash, label = "" } = run.start.get(hash) ?? {};
    if (labels.includes(label))
      images.push({ path, hash, label: labels.indexOf(label), bytes: 0, facts: UNKNOWN });
  }
  return {
    source: run.record.datasetName,
    ...{ labels, images: images.sort((a, b) => byCodeUnit(a.path, b.path)) },
    ...{ skipped: [], broken: [], notes: [], presplit: scanned?.presplit ?? run.split.kind === "given" },
  };
}
