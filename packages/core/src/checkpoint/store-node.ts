import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CoreError } from "../errors.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { newerVersionError } from "../files/newer-version.ts";
import { syncFolder } from "../files/sync-folder-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { writeRefusal } from "../files/write-refusal-node.ts";
import {
  bestFacts,
  bestFactsSchema,
  CHECKPOINT_VERSION,
  checkpointFacts,
  checkpointFactsSchema,
} from "./facts.ts";
import { readTensorFile, type TensorFile, writeTensorFile } from "./tensor-file-node.ts";
import type { BestEpoch, Checkpoint, CheckpointStore } from "./types.ts";

/** Whole checkpoints that stay, and kept epochs: the newest and the one before. */
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

/** The kept epochs that have a file, newest first. */
function storedBests(names: readonly string[]): number[] {
  return names
    .flatMap((name) => {
      const epoch = /^best-(\d{6,})\.bin$/.exec(name)?.[1];
      return epoch === undefined ? [] : [Number(epoch)];
    })
    .sort((a, b) => b - a);
}

/** "step 3 of epoch 8" */
const pointText = ({ epoch, step }: StoredName): string =>
  step > 0 ? `step ${step} of epoch ${epoch + 1}` : `epoch ${epoch}`;

function parseFacts<T>(schema: z.ZodType<T>, facts: unknown, path: string): T {
  const version = z.object({ version: z.number() }).safeParse(facts).data?.version;
  if (version !== undefined && version > CHECKPOINT_VERSION)
    throw newerVersionError(path, `version ${version}`, `version ${CHECKPOINT_VERSION}`);
  const parsed = schema.safeParse(facts);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `${path} is no checkpoint that this graft reads.`,
    received: z.prettifyError(parsed.error),
  });
}

/** A kept epoch's file. */
interface StoredBest {
  readonly best: BestEpoch;
  readonly crc: number;
}

async function readBest(folder: string, epoch: number): Promise<StoredBest> {
  const path = join(folder, bestName(epoch));
  const { facts, tensors, crc } = await readTensorFile(path);
  return { best: { ...parseFacts(bestFactsSchema, facts, path), values: tensors }, crc };
}

/** @param crc what the checkpoint that names it says of it. @throws CoreError `corrupt` for another file of that name. */
async function readOwnBest(folder: string, epoch: number, crc: number | undefined): Promise<StoredBest> {
  const stored = await readBest(folder, epoch);
  if (crc === undefined || crc === stored.crc) return stored;
  const path = join(folder, bestName(epoch));
  throw new CoreError("corrupt", {
    what: `${path} is not the file that the checkpoint goes with.`,
    received: `checksum ${stored.crc}`,
    expected: `checksum ${crc}`,
  });
}

/** A checkpoint's own file, without the kept epoch that goes with it. */
async function readOwn(folder: string, { name }: StoredName) {
  const path = join(folder, name);
  const { facts, tensors } = await readTensorFile(path);
  const { bestCrc, ...parsed } = parseFacts(checkpointFactsSchema, facts, path);
  return { bestCrc, checkpoint: { ...parsed, parameters: tensors } };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The reason for which a file is of no use.
 * @throws what says nothing of the file (the disk failed, and may not again), and the refusal of a newer graft's file: it is
 * whole, and to go on from one before it would overwrite what the newer graft did.
 */
function damageOf(error: unknown): string {
  if (error instanceof CoreError && error.code === "unsupported") throw error;
  if (error instanceof CoreError || codeOf(error) === "ENOENT") return reasonOf(error);
  throw error;
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

/**
 * Checkpoints in a folder of their own: a file each, the kept epoch's weights beside it in a file that is written only when
 * they change and stays as long as a checkpoint names it. Each is written under another name, synced, renamed, and read back
 * against checksums; a checkpoint has that of the kept epoch's file. The newest two of both stay, so that a damaged newest
 * costs the time between two. One process at a time (`RunFolder.lock`).
 */
export function openCheckpointStore(folder: string): CheckpointStore {
  /** The kept epoch that is known to be on disk, and its file's checksum. */
  let bestOnDisk: { readonly epoch: number; readonly crc: number } | undefined;

  const place = async (spare: string, name: string, content: TensorFile): Promise<number> => {
    const crc = await writeTensorFile(join(folder, spare), content);
    await rename(join(folder, spare), join(folder, name));
    await syncFolder(folder);
    return crc;
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
    const needed = new Set(kept.map(({ best }) => best));
    // where all name the same one, the one before stays too
    const [before] = storedBests(names).filter((epoch) => epoch < Math.min(...needed));
    if (needed.size < KEPT && before !== undefined) needed.add(before);
    const bests = storedBests(names).filter((epoch) => !needed.has(epoch));
    await drop(
      stored.filter((one) => !kept.includes(one)).map(({ name }) => name),
      SPARE.checkpoint,
    );
    await drop(bests.map(bestName), SPARE.best);
  };

  const load = async (onFallback: (reason: string) => void): Promise<Checkpoint | undefined> => {
    const names = await namesIn(folder);
    let whole: { readonly stored: StoredName; readonly checkpoint: Omit<Checkpoint, "best"> } | undefined;
    for (const stored of storedCheckpoints(names)) {
      try {
        const { checkpoint, bestCrc } = await readOwn(folder, stored);
        if (stored.best === 0) return { ...checkpoint, best: null };
        whole ??= { stored, checkpoint };
        const { best, crc } = await readOwnBest(folder, stored.best, bestCrc);
        bestOnDisk = { epoch: stored.best, crc };
        return { ...checkpoint, best };
      } catch (error) {
        onFallback(`The checkpoint of ${pointText(stored)} cannot be used: ${damageOf(error)}`);
      }
    }
    if (!whole) return undefined;
    // the kept epochs of all are damaged, and an older one is better than to begin again
    for (const epoch of storedBests(names).filter((epoch) => epoch < (whole?.stored.best ?? 0))) {
      try {
        const { best, crc } = await readBest(folder, epoch);
        bestOnDisk = { epoch, crc };
        onFallback(
          `The run goes on from ${pointText(whole.stored)} with epoch ${epoch} as the kept one: what epoch ${whole.stored.best} had reached is lost.`,
        );
        return { ...whole.checkpoint, best };
      } catch (error) {
        onFallback(`The kept epoch ${epoch} cannot be used: ${damageOf(error)}`);
      }
    }
    return undefined;
  };

  return {
    load: (onFallback = () => undefined) => load(onFallback),
    async save(checkpoint) {
      const { best } = checkpoint;
      try {
        await makeFolder(folder);
        if (best && best.epoch !== bestOnDisk?.epoch) {
          const crc = await place(SPARE.best, bestName(best.epoch), {
            facts: bestFacts(best),
            tensors: best.values,
          });
          bestOnDisk = { epoch: best.epoch, crc };
        }
        const facts = checkpointFacts(checkpoint, best ? bestOnDisk?.crc : undefined);
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
      bestOnDisk = undefined;
    },
  };
}
