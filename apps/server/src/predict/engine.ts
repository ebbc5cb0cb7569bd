import type { Backend } from "@graft/core";
import { BatchLine, type BatchLineOptions, type BatchRun } from "./batch-line.ts";
import { Turns } from "./turns.ts";

/** How much went through an engine. */
export interface EngineCounts {
  readonly runs: number;
  readonly images: number;
}

/** A backend that several networks take turns at. */
export class Engine {
  readonly backend: Backend;
  readonly #turns = new Turns();
  #runs = 0;
  #images = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Images of one run at most. */
  get batch(): number {
    return Math.max(1, this.backend.limits.preferredBatch);
  }

  get counts(): EngineCounts {
    return { runs: this.#runs, images: this.#images };
  }

  /** A line of images through one network. @param lanes as `BatchLineOptions.lanes`. */
  line<Row>(run: BatchRun<Row>, lanes?: BatchLineOptions<Row>["lanes"]): BatchLine<Row> {
    return new BatchLine({
      ...{ run, lanes, turns: this.#turns, batch: this.batch },
      onRun: (images) => {
        this.#runs++;
        this.#images += images;
      },
    });
  }
}
