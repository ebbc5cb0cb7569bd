import type { Checkpoint } from "./types.ts";

const padded = (epoch: number): string => String(epoch).padStart(6, "0");
/**
 * The name says how far it is (finished epochs, steps of the next one) and which kept epoch goes with it (0: none), so that
 * a look at the folder tells what may be dropped.
 */
export const checkpointName = ({ epoch, partial, best }: Checkpoint): string =>
  `epoch-${padded(epoch)}${partial ? `-step-${padded(partial.step)}` : ""}-best-${padded(best?.epoch ?? 0)}.bin`;
export const bestName = (epoch: number): string => `best-${padded(epoch)}.bin`;

/** What a checkpoint's name says. */
export interface StoredName {
  readonly name: string;
  readonly epoch: number;
  /** Of the next epoch. */
  readonly step: number;
  readonly best: number;
}

/** Newest first. */
export function storedCheckpoints(names: readonly string[]): StoredName[] {
  return names
    .flatMap((name) => {
      const match = /^epoch-(\d{6,})(?:-step-(\d{6,}))?-best-(\d{6,})\.bin$/.exec(name);
      const [, epoch, step = 0, best] = match ?? [];
      return match ? [{ name, epoch: Number(epoch), step: Number(step), best: Number(best) }] : [];
    })
    .sort((a, b) => b.epoch - a.epoch || b.step - a.step || b.best - a.best);
}

/** The kept epochs that have a file, newest first. */
export function storedBests(names: readonly string[]): number[] {
  return names
    .flatMap((name) => {
      const epoch = /^best-(\d{6,})\.bin$/.exec(name)?.[1];
      return epoch === undefined ? [] : [Number(epoch)];
    })
    .sort((a, b) => b - a);
}

/** "step 3 of epoch 8" */
export const pointText = ({ epoch, step }: StoredName): string =>
  step > 0 ? `step ${step} of epoch ${epoch + 1}` : `epoch ${epoch}`;
