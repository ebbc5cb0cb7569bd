/** Seconds of a request, from a lookup to a prediction on a slow machine. */
const BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10] as const;

interface Times {
  /** How many took at most as long as each of {@link BUCKETS}, and longer than the one before; the last: longer than all. */
  readonly counts: Uint32Array;
  sum: number;
  count: number;
}

/**
 * Requests by procedure and status, and how long they took. Every request is counted, so it costs as little as may be:
 * a library's counter and histogram take a twentieth of an empty request's time.
 */
export class RequestTally {
  readonly #statuses = new Map<string, Map<number, number>>();
  readonly #times = new Map<string, Times>();

  /** @param seconds undefined for a stream. */
  add(procedure: string, status: number, seconds: number | undefined): void {
    let statuses = this.#statuses.get(procedure);
    if (statuses === undefined) {
      statuses = new Map();
      this.#statuses.set(procedure, statuses);
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (seconds === undefined) return;
    let times = this.#times.get(procedure);
    if (times === undefined) {
      times = { counts: new Uint32Array(BUCKETS.length + 1), sum: 0, count: 0 };
      this.#times.set(procedure, times);
    }
    const above = BUCKETS.findIndex((limit) => seconds <= limit);
    const at = above === -1 ? BUCKETS.length : above;
    times.counts[at] = (times.counts[at] ?? 0) + 1;
    times.sum += seconds;
    times.count++;
  }

  /** In the text format of Prometheus. */
  text(): string {
    const lines = [
      "# HELP graft_requests_total Requests by procedure and status.",
      "# TYPE graft_requests_total counter",
    ];
    for (const [procedure, statuses] of this.#statuses)
      for (const [status, count] of statuses)
        lines.push(`graft_requests_total{procedure="${escaped(procedure)}",status="${status}"} ${count}`);
    lines.push(
      "# HELP graft_request_seconds How long requests took; streams are not counted.",
      "# TYPE graft_request_seconds histogram",
    );
    for (const [procedure, { counts, sum, count }] of this.#times) {
      const name = escaped(procedure);
      let below = 0;
      for (const [i, limit] of BUCKETS.entries()) {
        below += counts[i] ?? 0;
        lines.push(`graft_request_seconds_bucket{le="${limit}",procedure="${name}"} ${below}`);
      }
      lines.push(
        `graft_request_seconds_bucket{le="+Inf",procedure="${name}"} ${count}`,
        `graft_request_seconds_sum{procedure="${name}"} ${sum}`,
        `graft_request_seconds_count{procedure="${name}"} ${count}`,
      );
    }
    return `${lines.join("\n")}\n`;
  }
}

const escaped = (label: string): string =>
  label.replace(/[\\"\n]/g, (letter) => (letter === "\n" ? "\\n" : `\\${letter}`));
