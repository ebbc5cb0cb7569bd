import { createEventMaker, type NoteEvent, nameFew } from "@graft/core";
import type { RunRow } from "../ports/rows.ts";
import type { FrozenStore } from "./frozen-store.ts";

/** So many pictures of earlier runs are looked at, the newest first: each run's are read whole, which takes 5 µs for one. */
const MOST_IMAGES = 300_000;

/** Pictures that a run holds back and an earlier one learned from. */
export interface LearnedBefore {
  readonly hashes: ReadonlySet<string>;
  /** Names of some, of the new run. */
  readonly paths: readonly string[];
  /** Numbers of the runs that learned from one of them, newest first. */
  readonly runs: readonly number[];
}

/**
 * Who compares a run with an earlier one compares it on pictures that it holds back; where the earlier one learned from them,
 * it looks better than it is.
 * @param earlier runs of the same data set, newest first.
 */
export async function learnedBefore(
  frozen: string,
  earlier: readonly Pick<RunRow, "frozen" | "number">[],
  store: FrozenStore,
): Promise<LearnedBefore> {
  const own = await store.read(frozen);
  const held = new Set(own.split.validation);
  const learned = new Set<string>();
  const runs: number[] = [];
  const others = new Map(earlier.toReversed().map((run) => [run.frozen, run.number]));
  others.delete(frozen);
  let seen = 0;
  for (const [hash, number] of [...others].toReversed()) {
    if (seen > MOST_IMAGES) break;
    const { dataset, split } = await store.read(hash);
    seen += dataset.images.length;
    const same = split.train.filter((image) => held.has(image));
    if (same.length > 0) runs.push(number);
    for (const image of same) learned.add(image);
  }
  const paths = own.dataset.images.flatMap(({ hash, path }) => (learned.has(hash) ? [path] : []));
  return { hashes: learned, paths, runs };
}

/** The first event of a run that holds back what an earlier one learned from; undefined where there is no such picture. */
export function learnedBeforeNote(
  run: string,
  { hashes, paths, runs }: LearnedBefore,
  now: () => number,
): NoteEvent | undefined {
  if (hashes.size === 0) return undefined;
  const [pictures, them] = hashes.size === 1 ? ["1 picture", "it"] : [`${hashes.size} pictures`, "them"];
  const others = nameFew(runs.map((number) => `Run ${number}`));
  const message = `this run holds back ${pictures} that an earlier run learned from, so do not compare the two on ${them}: ${nameFew(paths)} (${others})`;
  return createEventMaker({ run, firstSeq: 0, now }).make({ type: "note", code: "learned-before", message });
}
