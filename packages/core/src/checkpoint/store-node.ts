import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CoreError } from "../errors.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { syncFolder } from "../files/sync-folder-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { writeRefusal } from "../files/write-refusal-node.ts";
import { bestFacts, bestFactsSchema, checkpointFacts, checkpointFactsSchema } from "./facts.ts";
import { readTensorFile, type TensorFile, writeTensorFile } from "./tensor-file-node.ts";
import type { BestEpoch, Checkpoint, CheckpointStore } from "./types.ts";

/** Whole checkpoints that stay: the newest and the one before. */
const KEPT = 2;
/** Where the next files are written; also a dropped file waiting to be overwritten. What is in them means nothing. */
const SPARE = { checkpoint: "checkpoint.tmp", best: "best.tmp" } as const;

const padded = (epoch: number): string => String(epoch).padStart(6, "0");
/**
 * The name says how far it is (finished epochs, steps of the next one) and which kept epoch goes with it (0: none), so that
 * a look at the folder tells what may be dropped.
 */
const checkpointName = ({ epoch, partial, best }: Checkpoint): string =>
  `epoch-${padded(epoch)}${partial ? `-step-${padded(partial.step)}` : ""}-best-${padded(best?.epoch ?? 0)}.bin`;
const bestName = (epoch: number): string => `best-${padded(epoch)}.bin`;

interface StoredName {
  readonly name: string;
  readonly epoch: number;
  /** Of the next epoch. */
  readonly step: number;
  readonly best: number;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Newest first. */
function storedCheckpoints(names: readonly string[]): StoredName[] {
  return names
    .flatMap((name) => {
      const match = /^epoch-(\d{6,})(?:-step-(\d{6,}))?-best-(\d{6,})\.bin$/.exec(name);
      const [, epoch, step = 0, best] = match ?? [];
      return match ? [{ name, epoch: Number(epoch), step: Number(step), best: Number(best) }] : [];
    })
    .sort((a, b) => b.epoch - a.epoch || b.step - a.step || b.best - a.best);
}

function parseFacts<T>(schema: z.ZodType<T>, facts: unknown, path: string): T {
  const parsed = schema.safeParse(facts);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `${path} is no checkpoint that this graft reads.`,
    received: z.prettifyError(parsed.error),
  });
}

async function readBest(path: string): Promise<BestEpoch> {
  const { facts, tensors } = await readTensorFile(path);
  return { ...parseFacts(bestFactsSchema, facts, path), values: tensors };
}

async function readCheckpoint(folder: string, { name, best }: StoredName): Promise<Checkpoint> {
  const path = join(folder, name);
  const { facts, tensors } = await readTensorFile(path);
  return {
    ...parseFacts(checkpointFactsSchema, facts, path),
    parameters: tensors,
    best: best === 0 ? null : await readBest(join(folder, bestName(best))),
  };
}

function savingError(error: unknown, folder: string): unknown {
  if (error instanceof CoreError || codeOf(error) === "") return error;
  if (!isDiskFull(error)) {
    const what = "The checkpoint cannot be written.";
    const fix = "Look at the disk, or give yourself the right to write there.";
    return new CoreError(
      "unreadable",
      { what, received: writeRefusal(folder, error), fix },
      { cause: error },
    );
  }
  const what = "There is no room on the disk for the checkpoint.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`).";
  return diskFull({ what, received: folder, fix }, error);
}

/** A store on disk can also be emptied. */
export interface FolderCheckpointStore extends CheckpointStore {
  /** Removes all of it: a finished run whose model is kept needs none. */
  clear(): Promise<void>;
}

/**
 * Checkpoints in a folder of their own: one file for each epoch, the kept epoch's weights beside it in a file that is
 * written only when they change. Each is written under another name, synced, renamed, and read back against checksums.
 * The newest two stay, so that a damaged newest costs one epoch. One process at a time (`RunFolder.lock`).
 */
export function openCheckpointStore(folder: string): FolderCheckpointStore {
  /** The kept epoch that is known to be on disk. */
  let bestOnDisk = 0;

  const place = async (spare: string, name: string, content: TensorFile): Promise<void> => {
    await writeTensorFile(join(folder, spare), content);
    await rename(join(folder, spare), join(folder, name));
    await syncFolder(folder);
  };
  /** The first file that is no longer needed becomes what the next save overwrites; others go. */
  const drop = async (files: readonly string[], spare: string): Promise<void> => {
    const [first, ...others] = files;
    if (first !== undefined) await rename(join(folder, first), join(folder, spare));
    for (const name of others) await rm(join(folder, name), { force: true });
  };
  const tidy = async (saved: Checkpoint): Promise<void> => {
    const names = await namesIn(folder);
    // what a damaged or given-up continuation left behind would else be taken for newer
    const savedStep = saved.partial?.step ?? 0;
    const isStale = ({ name, epoch, step }: StoredName): boolean =>
      (epoch > saved.epoch || (epoch === saved.epoch && step >= savedStep)) && name !== checkpointName(saved);
    const stored = storedCheckpoints(names);
    const kept = stored.filter((one) => !isStale(one)).slice(0, KEPT);
    const needed = new Set(kept.map(({ best }) => bestName(best)));
    const bests = names.filter((name) => /^best-\d{6,}\.bin$/.test(name) && !needed.has(name));
    await drop(
      stored.filter((one) => !kept.includes(one)).map(({ name }) => name),
      SPARE.checkpoint,
    );
    await drop(bests, SPARE.best);
  };

  return {
    async load(onFallback) {
      for (const stored of storedCheckpoints(await namesIn(folder))) {
        try {
          const checkpoint = await readCheckpoint(folder, stored);
          bestOnDisk = stored.best;
          return checkpoint;
        } catch (error) {
          const gone = codeOf(error) === "ENOENT";
          if (!gone && !(error instanceof CoreError)) throw error;
          onFallback?.(
            `The checkpoint of ${stored.step > 0 ? `step ${stored.step} of epoch ${stored.epoch + 1}` : `epoch ${stored.epoch}`} can not be used: ${error instanceof Error ? error.message : error}`,
          );
        }
      }
      return undefined;
    },
    async save(checkpoint) {
      const { best } = checkpoint;
      try {
        await makeFolder(folder);
        if (best && best.epoch !== bestOnDisk) {
          await place(SPARE.best, bestName(best.epoch), { facts: bestFacts(best), tensors: best.values });
          bestOnDisk = best.epoch;
        }
        const facts = checkpointFacts(checkpoint);
        await place(SPARE.checkpoint, checkpointName(checkpoint), { facts, tensors: checkpoint.parameters });
        await tidy(checkpoint);
      } catch (error) {
        // the room that a half-written file takes is what the next attempt needs
        for (const spare of Object.values(SPARE)) await rm(join(folder, spare), { force: true });
        throw savingError(error, folder);
      }
    },
    async clear() {
      await rm(folder, { recursive: true, force: true });
      bestOnDisk = 0;
    },
  };
}
