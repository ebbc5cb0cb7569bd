import { CoreError } from "../errors.ts";
import { fileReader } from "../files/byte-reader.ts";
import type { Folder } from "../files/folder.ts";
import { type Crc32, crc32 as inJavaScript } from "../numbers/crc32.ts";
import { checkBest, decodeBest, decodeOwn, encodeBest, encodeOwn } from "./encoding.ts";
import {
  bestName,
  checkpointName,
  pointText,
  type StoredName,
  storedBests,
  storedCheckpoints,
} from "./stored-names.ts";
import type { EncodedTensorFile } from "./tensor-file.ts";
import type { BestEpoch, Checkpoint, CheckpointStore } from "./types.ts";

/** Whole checkpoints that stay, and kept epochs: the newest and the one before. */
const KEPT = 2;
/** Where the next files are written; also a dropped file waiting to be overwritten. What is in them means nothing. */
const SPARE = { checkpoint: "checkpoint.tmp", best: "best.tmp" } as const;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The reason for which a file is of no use.
 * @throws what says nothing of the file (the disk failed, and may not again), and the refusal of a newer graft's file: it is
 * whole, and to go on from one before it would overwrite what the newer graft did.
 */
function damageOf(error: unknown): string {
  if (error instanceof CoreError && ["corrupt", "not-found"].includes(error.code)) return reasonOf(error);
  throw error;
}

/** A refusal of the folder as one of the checkpoint. */
function savingError(error: unknown, folder: string): unknown {
  if (!(error instanceof CoreError)) return error;
  if (error.code !== "disk-full") {
    const received = error.facts.reason;
    if (typeof received !== "string") return error;
    const what = "The checkpoint cannot be written.";
    const fix = "Check the disk, or give yourself permission to write there.";
    return new CoreError("unreadable", { what, received, fix }, { cause: error });
  }
  const what = "There is no room on the disk for the checkpoint.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`).";
  return new CoreError("disk-full", { what, received: folder, fix }, { cause: error });
}

/**
 * Checkpoints in a folder of their own: a file each, the kept epoch's weights beside it in a file that is written only when
 * they change and stays as long as a checkpoint names it. Each is replaced whole, and read back against checksums; a
 * checkpoint has that of the kept epoch's file. The newest two of both stay, so that a damaged newest costs the time between
 * two. One writer at a time (`StoredRun.lock`).
 * @param options.crc32 the host's own, where it is quicker.
 */
export function openCheckpointStore(
  folder: Folder,
  { crc32 = inJavaScript }: { readonly crc32?: Crc32 } = {},
): CheckpointStore {
  /** The kept epoch that is known to be stored, and its file's checksum. */
  let bestStored: { readonly epoch: number; readonly crc: number } | undefined;

  const namesIn = async (): Promise<readonly string[]> => (await folder.list()).map(({ name }) => name);
  const readerOf = async (name: string) => {
    const reader = await fileReader(folder, name);
    if (reader) return reader;
    throw new CoreError("not-found", { what: `${folder.nameOf(name)} is missing.` });
  };
  const readBest = async (epoch: number): Promise<{ readonly best: BestEpoch; readonly crc: number }> => {
    const name = bestName(epoch);
    return decodeBest(await readerOf(name), folder.nameOf(name), crc32);
  };
  const place = async (spare: string, name: string, { pieces, crc }: EncodedTensorFile): Promise<number> => {
    await folder.replace(name, pieces, { spare });
    return crc;
  };
  /** The first file that is no longer needed becomes what the next save overwrites; others go. */
  const drop = async (files: readonly string[], spare: string): Promise<void> => {
    const [first, ...others] = files;
    if (first !== undefined) await folder.remove(first, { spare });
    for (const name of others) await folder.remove(name);
  };
  const tidy = async (saved: Checkpoint): Promise<void> => {
    const names = await namesIn();
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
    const names = await namesIn();
    let whole: { readonly stored: StoredName; readonly checkpoint: Omit<Checkpoint, "best"> } | undefined;
    for (const stored of storedCheckpoints(names)) {
      try {
        const reader = await readerOf(stored.name);
        const { checkpoint, bestCrc } = await decodeOwn(reader, folder.nameOf(stored.name), crc32);
        if (stored.best === 0) return { ...checkpoint, best: null };
        whole ??= { stored, checkpoint };
        const { best, crc } = await readBest(stored.best);
        checkBest(crc, bestCrc, folder.nameOf(bestName(stored.best)));
        bestStored = { epoch: stored.best, crc };
        return { ...checkpoint, best };
      } catch (error) {
        onFallback(`The checkpoint of ${pointText(stored)} cannot be used: ${damageOf(error)}`);
      }
    }
    if (!whole) return undefined;
    // the kept epochs of all are damaged, and an older one is better than to begin again
    for (const epoch of storedBests(names).filter((epoch) => epoch < (whole?.stored.best ?? 0))) {
      try {
        const { best, crc } = await readBest(epoch);
        bestStored = { epoch, crc };
        onFallback(
          `The run resumes from ${pointText(whole.stored)} with epoch ${epoch} as the kept one: the result of epoch ${whole.stored.best} is lost.`,
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
        if (best && best.epoch !== bestStored?.epoch) {
          const crc = await place(SPARE.best, bestName(best.epoch), encodeBest(best, crc32));
          bestStored = { epoch: best.epoch, crc };
        }
        const own = encodeOwn(checkpoint, best ? bestStored?.crc : undefined, crc32);
        await place(SPARE.checkpoint, checkpointName(checkpoint), own);
        await tidy(checkpoint);
      } catch (error) {
        // the room that a half-written file takes is what the next attempt needs
        for (const spare of Object.values(SPARE)) await folder.remove(spare).catch(() => undefined);
        throw savingError(error, folder.name);
      }
    },
    async clear() {
      await folder.clear();
      bestStored = undefined;
    },
  };
}
