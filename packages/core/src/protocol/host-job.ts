import type { TrainEvent } from "../events/events.ts";
import type { SearchProgress, SearchResult } from "../sweep/search-schema.ts";
import type { HostServices } from "./host-services.ts";
import type { WorkEnd } from "./messages.ts";

/** What comes of a worker next. */
export type News =
  | { readonly event: TrainEvent }
  | { readonly end: WorkEnd }
  | { readonly progress: SearchProgress }
  | { readonly found: SearchResult }
  | { readonly error: unknown };

/** A job that a worker has, as its host hears of it. */
export class HostJob {
  readonly id: number;
  readonly services: HostServices;
  /** Of the last event; "" and −1 before the first. */
  run = "";
  seq = -1;
  hasEnded = false;
  /** Settles when the worker does nothing more of it and what it held is free. */
  readonly ended: Promise<void>;
  readonly #news: News[] = [];
  #wake: () => void = () => undefined;
  #finish: () => void = () => undefined;

  constructor(id: number, services: HostServices) {
    this.id = id;
    this.services = services;
    this.ended = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
  }

  tell(news: News): void {
    if ("event" in news) {
      this.run = news.event.run;
      this.seq = news.event.seq;
    }
    this.#news.push(news);
    this.#wake();
  }

  /** The last that the worker does for it. */
  end(news: News): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.tell(news);
    void this.services[Symbol.asyncDispose]().finally(this.#finish);
  }

  async next(): Promise<News> {
    for (;;) {
      const news = this.#news.shift();
      if (news) return news;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
