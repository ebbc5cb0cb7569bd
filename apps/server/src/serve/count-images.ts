import type { Predictor, RunRepository } from "@graft/api";
import type { TrainEvent } from "@graft/core";

/** How many images went through the trunk, from what runs tell: each tells how many it has done, not how many more. */
export class ImageCount {
  readonly #done = new Map<string, number>();

  /** @returns how many more these events tell of. */
  more(run: string, events: readonly TrainEvent[]): number {
    let more = 0;
    for (const event of events) {
      if (event.type === "run-end") this.#done.delete(run);
      if (event.type === "phase-start" && event.phase === "features") this.#done.set(run, 0);
      if (event.type !== "progress" || event.phase !== "features" || event.unit !== "images") continue;
      more += Math.max(0, event.done - (this.#done.get(run) ?? 0));
      this.#done.set(run, event.done);
    }
    return more;
  }
}

/** The same runs; images that their events tell of are counted when they are stored. */
export function countingImages(runs: RunRepository, onImages: (count: number) => void): RunRepository {
  const count = new ImageCount();
  const appendEvents: RunRepository["appendEvents"] = async (run, events) => {
    await runs.appendEvents(run, events);
    const more = count.more(run, events);
    if (more > 0) onImages(more);
  };
  return new Proxy(runs, {
    get: (target, key, receiver) =>
      key === "appendEvents" ? appendEvents : Reflect.get(target, key, receiver),
  });
}

/** The same predictor; pictures that it answers are counted. */
export function countingPredictions(predictor: Predictor, onImages: (count: number) => void): Predictor {
  return {
    async predict(request) {
      const answers = await predictor.predict(request);
      onImages(request.pictures.length);
      return answers;
    },
    evaluate: (request) => predictor.evaluate(request),
    export: (request) => predictor.export(request),
  };
}
