import type { RunRepository } from "../ports/repository.ts";
import type { RunDigests } from "./digests.ts";

/** Trainings that are asked how fast they were. */
const ASKED = 5;

/**
 * Pictures a second that trainings of late looked at: of the slowest of them, as others had some of them kept from before.
 * @returns undefined where nothing was looked at.
 */
export async function lookingSpeed(
  runs: Pick<RunRepository, "page">,
  digests: Pick<RunDigests, "of">,
): Promise<number | undefined> {
  const { items } = await runs.page({ states: ["completed"], limit: ASKED });
  const speeds: number[] = [];
  for (const { id } of items)
    for (const { phase, startedAt, endedAt, done, unit } of (await digests.of(id)).phases)
      if (phase === "features" && unit === "images" && endedAt !== null && endedAt > startedAt && done > 0)
        speeds.push((1000 * done) / (endedAt - startedAt));
  return speeds.length === 0 ? undefined : Math.min(...speeds);
}
