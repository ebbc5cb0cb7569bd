import { readUnlessGone } from "../models/asked-pictures.ts";
import { heatMapOf } from "../models/prediction-view.ts";
import type { ServedRuns } from "../models/served-runs.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { HeatMapRow } from "../ports/model-job-rows.ts";
import type { Predictor } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import type { ImageRow, RunRow } from "../ports/rows.ts";
import type { WorkProgress } from "../ports/work-rows.ts";
import { parseFrozen } from "../runs/frozen.ts";

export interface ExplainParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly predictor: Predictor;
  readonly served: ServedRuns;
}

/** Pictures of one request to the predictor: few are lost when the work is cut off, and others have a turn in between. */
const AT_ONCE = 16;

/** Computes what in pictures speaks for a model's answers, and keeps it. */
export class ExplainWork {
  readonly #parts: ExplainParts;

  constructor(parts: ExplainParts) {
    this.#parts = parts;
  }

  /**
   * Heat maps of pictures of a run's data set; those that are kept already are not computed again. A picture that was deleted
   * meanwhile, or that cannot be read, has none.
   * @param asked.images ids. Null: what the run held back, as far as the data set has it still.
   * @param asked.onKept hears how far it is, whenever some are kept.
   * @throws CoreError as `Predictor.predict`.
   */
  async explain(
    run: RunRow,
    asked: {
      readonly images: readonly string[] | null;
      readonly signal: AbortSignal;
      readonly onKept: (progress: WorkProgress) => Promise<void>;
    },
  ): Promise<void> {
    const { repository, served } = this.#parts;
    const { signal, onKept } = asked;
    const { model } = await served.of(run);
    const wanted = asked.images ? await repository.images.getMany(asked.images) : await this.#heldBack(run);
    const ids = wanted.map(({ id }) => id);
    const kept = new Set((await repository.heatMaps.of(run.id, ids)).map(({ image }) => image));
    const missing = wanted.filter(({ id }) => !kept.has(id));
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      const some = await this.#read(missing.slice(start, start + AT_ONCE));
      const pictures = some.map(({ bytes }) => bytes);
      const { labels, answers } = await this.#parts.predictor.predict({
        model,
        pictures,
        explain: {},
        signal,
      });
      const maps = some.flatMap(({ image }, at): HeatMapRow[] => {
        const answer = answers[at];
        const map = answer && "heatMap" in answer ? heatMapOf(answer, labels) : null;
        return map ? [{ run: run.id, image: image.id, ...map }] : [];
      });
      await repository.heatMaps.put(maps);
      const done = wanted.length - missing.length + Math.min(start + AT_ONCE, missing.length);
      await onKept({ done, total: wanted.length });
    }
  }

  async #heldBack({ frozen, dataset }: RunRow): Promise<readonly ImageRow[]> {
    const { repository, blobs } = this.#parts;
    const { split } = parseFrozen(await blobs.read(frozen));
    return repository.images.byHashes(dataset, split.validation);
  }

  /** With their bytes; without those that are gone. */
  async #read(
    images: readonly ImageRow[],
  ): Promise<readonly { readonly image: ImageRow; readonly bytes: Uint8Array }[]> {
    const found: { readonly image: ImageRow; readonly bytes: Uint8Array }[] = [];
    for (const image of images) {
      if (image.use === "broken") continue;
      const bytes = await readUnlessGone(this.#parts.blobs, image.hash);
      if (bytes) found.push({ image, bytes });
    }
    return found;
  }
}
