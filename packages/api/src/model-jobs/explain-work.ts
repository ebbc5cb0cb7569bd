import { CoreError } from "@graft/core";
import { MOST_PICTURE_BYTES, readUnlessGone } from "../models/asked-pictures.ts";
import { heatMapOf } from "../models/prediction-view.ts";
import type { ServedRuns } from "../models/served-runs.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { HeatMapRow } from "../ports/model-job-rows.ts";
import type { Predictor, ServedModel } from "../ports/predictor.ts";
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

/** Pictures that are asked about together. */
interface Batch {
  readonly model: ServedModel;
  readonly images: readonly ImageRow[];
  readonly signal: AbortSignal;
}

const isOfBackend = (error: unknown): error is CoreError =>
  error instanceof CoreError && error.code === "backend";

/** A picture that is larger than all of a request may be goes alone. */
function* batches(images: readonly ImageRow[]): Generator<readonly ImageRow[]> {
  let some: ImageRow[] = [];
  let bytes = 0;
  for (const image of images) {
    if (some.length === AT_ONCE || (some.length > 0 && bytes + image.bytes > MOST_PICTURE_BYTES)) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(image);
    bytes += image.bytes;
  }
  if (some.length > 0) yield some;
}

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
    let done = wanted.length - missing.length;
    for (const images of batches(missing)) {
      await repository.heatMaps.put(await this.#explained(run, { model, images, signal }));
      done += images.length;
      await onKept({ done, total: wanted.length });
    }
  }

  /** One that ends the process that predicts has none, and those beside it do. */
  async #explained(run: RunRow, asked: Batch): Promise<readonly HeatMapRow[]> {
    const { model, images, signal } = asked;
    const some = await this.#read(images);
    if (some.length === 0) return [];
    const pictures = some.map(({ bytes }) => bytes);
    try {
      const { labels, answers } = await this.#parts.predictor.predict({
        model,
        pictures,
        explain: {},
        signal,
      });
      return some.flatMap(({ image }, at): HeatMapRow[] => {
        const answer = answers[at];
        const map = answer && "heatMap" in answer ? heatMapOf(answer, labels) : null;
        return map ? [{ run: run.id, image: image.id, ...map }] : [];
      });
    } catch (error) {
      if (!isOfBackend(error) || images.length < 2) throw error;
      return this.#oneByOne(run, asked, error);
    }
  }

  /** @throws CoreError the first error, when none of them goes: then it is not the pictures' doing. */
  async #oneByOne(
    run: RunRow,
    { images, ...asked }: Batch,
    first: CoreError,
  ): Promise<readonly HeatMapRow[]> {
    const maps: HeatMapRow[] = [];
    let numWell = 0;
    for (const image of images) {
      try {
        maps.push(...(await this.#explained(run, { ...asked, images: [image] })));
        numWell++;
      } catch (error) {
        if (!isOfBackend(error)) throw error;
      }
    }
    if (numWell === 0) throw first;
    return maps;
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
