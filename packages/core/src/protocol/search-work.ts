import { parseTrainConfig } from "../config/parse-config.ts";
import { findLearningRateJob } from "../jobs/find-learning-rate.ts";
import { keepFeaturesJob } from "../jobs/keep-features.ts";
import { sweepHeadsJob } from "../jobs/sweep-heads.ts";
import type { Workspace } from "../jobs/workspace.ts";
import { plainSweep } from "../sweep/plain-sweep.ts";
import type { SearchProgress, SearchResult } from "../sweep/search-schema.ts";
import type { SearchWork } from "./messages.ts";

/**
 * Does a search with what a worker has opened for it.
 * @throws CoreError as `sweepHeadsJob`, `findLearningRateJob` and `keepFeaturesJob`.
 */
export async function searchFor(
  workspace: Workspace,
  work: SearchWork,
  onProgress: (progress: SearchProgress) => void,
): Promise<SearchResult> {
  const { dataset, config } = work;
  if (work.kind === "sweep") {
    const configOf = (recipe: "gap" | "classic") => parseTrainConfig({ ...config, recipe });
    const result = await sweepHeadsJob(workspace, { dataset, configOf, axes: work.axes, onProgress });
    return { kind: "sweep", sweep: plainSweep(result) };
  }
  if (work.kind === "features") {
    const { numRows, rowShape, space, weights } = await keepFeaturesJob(workspace, {
      ...{ dataset, config: parseTrainConfig(config), pool: work.pool },
      onProgress: ({ done, total }) => onProgress({ phase: "features", done, total }),
    });
    const { inputRange } = weights;
    return {
      kind: "features",
      features: {
        ...{ numRows, rowShape: [...rowShape], space },
        weights: { ...weights, inputRange: [inputRange[0], inputRange[1]] },
      },
    };
  }
  const { curve, learningRate } = await findLearningRateJob(workspace, {
    ...{ dataset, config: parseTrainConfig(config) },
    onProgress: (done, total) => onProgress({ phase: "features", done, total }),
    onTesting: () => onProgress({ phase: "testing", done: 0, total: 1 }),
  });
  return { kind: "find-rate", rate: { curve: curve.map((point) => ({ ...point })), learningRate } };
}
