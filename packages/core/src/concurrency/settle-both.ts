import { CoreError } from "../errors.ts";

/**
 * Waits for a pipeline, and for the work at its end too: a pipeline is over as soon as one of its streams fails, while
 * that work may still be about to make a file, in a folder that is removed because of the failure.
 * @param end the work, once it has begun.
 * @throws the failure that says most: a CoreError of either, else the pipeline's.
 */
export async function settleBoth(
  pipeline: Promise<void>,
  end: () => Promise<void> | undefined,
): Promise<void> {
  const results = [...(await Promise.allSettled([pipeline])), ...(await Promise.allSettled([end()]))];
  const reasons: unknown[] = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason] : [],
  );
  if (reasons.length > 0) throw reasons.find((reason) => reason instanceof CoreError) ?? reasons[0];
}
