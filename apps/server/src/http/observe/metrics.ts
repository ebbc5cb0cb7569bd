import { JOB_KINDS } from "@graft/api";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { RequestTally } from "./request-tally.ts";

/** Seconds of a job, from a thumbnail to a night of training. */
const JOB_BUCKETS = [0.1, 1, 10, 60, 300, 1800, 7200, 36_000];

/** Of jobs that have not ended. */
const OPEN_STATES = ["waiting", "active"] as const;

/** How many of what there are, when somebody looks. */
export interface MetricSources {
  /** Jobs by state and kind. */
  readonly jobs: () => Promise<readonly { readonly state: string; readonly kind: string }[]>;
  /** Streams of events that are open. */
  readonly openStreams: () => number;
}

/** What Prometheus reads at /metrics. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new RequestTally();
  readonly #bytesIn: Counter<"procedure">;
  readonly #jobs: Histogram<"kind" | "end">;
  readonly #images: Counter<"what">;

  constructor({ jobs, openStreams }: MetricSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#bytesIn = new Counter({
      ...{ name: "graft_request_bytes_total", help: "Bytes that came in bodies.", registers },
      labelNames: ["procedure"],
    });
    this.#jobs = new Histogram({
      ...{ name: "graft_job_seconds", help: "How long jobs took, by kind and how they ended.", registers },
      ...{ labelNames: ["kind", "end"], buckets: JOB_BUCKETS },
    });
    this.#images = new Counter({
      ...{ name: "graft_images_total", help: "Images that were worked on: rate() is images/s.", registers },
      labelNames: ["what"],
    });
    new Gauge({
      ...{ name: "graft_open_streams", help: "Streams of events that are open.", registers },
      collect() {
        this.set(openStreams());
      },
    });
    new Gauge({
      ...{ name: "graft_queue_jobs", help: "Jobs in the queue, by kind and state.", registers },
      labelNames: ["kind", "state"],
      async collect() {
        this.reset();
        // of an empty queue it is 0, not nothing: an alarm on a sum would be silent
        for (const kind of JOB_KINDS) for (const state of OPEN_STATES) this.set({ kind, state }, 0);
        for (const { kind, state } of await jobs()) this.inc({ kind, state });
      },
    });
  }

  /** @param seconds undefined for a stream. */
  request(procedure: string, status: number, seconds: number | undefined): void {
    this.#requests.add(procedure, status, seconds);
  }

  bytesIn(procedure: string, bytes: number): void {
    this.#bytesIn.inc({ procedure }, bytes);
  }

  /** A job has ended. @param end "done", "failed", "released" … */
  job(kind: string, end: string, seconds: number): void {
    this.#jobs.observe({ kind, end }, seconds);
  }

  /** @param what "decoded", "through-trunk", "predicted" */
  images(what: string, count: number): void {
    this.#images.inc({ what }, count);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return (await this.#registry.metrics()) + this.#requests.text();
  }
}
