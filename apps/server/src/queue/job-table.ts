/**
 * The statements on pg-boss's own table `job`, and nothing else of its schema: what its functions cannot say (a claim by need,
 * a beat that asks whether the job is still the worker's, places in the line). `test/server/queue/job-table.test.ts` fails when
 * pg-boss changes what they stand on.
 */

/** pg-boss's name for the one queue that all kinds share, so that there is one line. */
export const QUEUE = "jobs";
/** Version of the schema that these statements were written for. */
export const KNOWN_SCHEMA_VERSION = 46;
/** Columns that they name, with their types. */
export const KNOWN_COLUMNS = {
  ...{ id: "uuid", name: "text", state: "USER-DEFINED", data: "jsonb", output: "jsonb" },
  ...{ priority: "integer", retry_limit: "integer", retry_count: "integer", expire_seconds: "integer" },
  ...{ created_on: "timestamp with time zone", started_on: "timestamp with time zone" },
  ...{ start_after: "timestamp with time zone", completed_on: "timestamp with time zone" },
  ...{ heartbeat_on: "timestamp with time zone" },
} as const;
/** In their order, which statements compare by. */
export const KNOWN_STATES = ["created", "retry", "active", "completed", "cancelled", "failed"] as const;
/** How often a job is begun again after a failure, or after its worker fell silent, without anything kept in between. */
export const RETRIES = 3;

/** pg-boss ends a job after a day at most; a training may take longer. */
const NEVER = 2_147_483_647;
/**
 * Shards come after all else: a run's own worker pulls them anyway, so no training that waits keeps another from getting on, and
 * no long extraction keeps those that wait from a worker.
 */
const LAST = "(data->>'kind' = 'extract')";
/** First in line is first. */
const ORDER = `${LAST}, priority DESC, created_on, id`;
const COLUMNS = `state::text AS state, data, output, retry_count AS retries,
  (extract(epoch FROM created_on) * 1000)::float8 AS "submittedAt"`;

/** A statement and its values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What is kept of a job in `data`, beside what was submitted. */
export interface KeptJob {
  /** That has it, or had it last. */
  readonly worker?: string;
  /** How often it was begun. */
  readonly begun?: number;
  /** What its worker is to do. */
  readonly stop?: string;
}

export class JobTable {
  readonly #jobs: string;
  readonly #now: string;

  /** @param schema pg-boss's. */
  constructor(schema: string) {
    this.#jobs = `${schema}.job`;
    this.#now = `${schema}.job_now()`;
  }

  /** Makes the first job of the line active that the worker can do, and gives its row. One that is to stop is passed over. */
  claim(claim: {
    readonly worker: string;
    readonly kinds: readonly string[];
    readonly backends: readonly string[];
    readonly owner?: string | undefined;
    readonly subject?: string | undefined;
    readonly unless?: readonly string[] | undefined;
  }): Statement {
    const { worker, kinds, backends, owner, subject, unless = [] } = claim;
    // of what waits
    const may = (kind: string): string => `
            name = '${QUEUE}' AND state < 'active' AND start_after <= ${this.#now}
            AND data->>'stop' IS NULL
            AND data->>'kind' IN (SELECT jsonb_array_elements_text(${kind}::text::jsonb))
            AND (data->>'backend' IS NULL OR data->>'backend' IN (SELECT jsonb_array_elements_text($3::text::jsonb)))
            AND ($4::text IS NULL OR data->>'owner' = $4::text)`;
    return {
      text: `
        WITH next AS (
          SELECT id FROM ${this.#jobs}
          WHERE ${may("$2")}
            AND ($5::text IS NULL OR data->>'subject' = $5::text)
            AND NOT EXISTS (SELECT 1 FROM ${this.#jobs} WHERE ${may("$6")})
          ORDER BY ${ORDER} LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        UPDATE ${this.#jobs} job
        SET state = 'active', started_on = ${this.#now}, heartbeat_on = ${this.#now}, expire_seconds = ${NEVER},
          retry_count = CASE WHEN job.started_on IS NULL THEN job.retry_count ELSE job.retry_count + 1 END,
          data = job.data || jsonb_build_object(
            'worker', $1::text, 'begun', COALESCE((job.data->>'begun')::int, 0) + 1)
        FROM next WHERE job.name = '${QUEUE}' AND job.id = next.id
        RETURNING ${COLUMNS}`,
      values: [
        ...[worker, JSON.stringify(kinds), JSON.stringify(backends), owner ?? null, subject ?? null],
        JSON.stringify(unless),
      ],
    };
  }

  /** @param hasKept the next worker goes on from something: its tries are counted anew. @returns a row with `stop` where it is the worker's. */
  beat(uuid: string, worker: string, hasKept: boolean): Statement {
    return {
      text: `
        UPDATE ${this.#jobs}
        SET heartbeat_on = ${this.#now},
          retry_limit = CASE WHEN $3::boolean THEN retry_count + ${RETRIES} ELSE retry_limit END
        WHERE ${this.#held} RETURNING data->>'stop' AS stop`,
      values: [uuid, worker, hasKept],
    };
  }

  complete(uuid: string, worker: string): Statement {
    return {
      text: `
        UPDATE ${this.#jobs} SET state = 'completed', completed_on = ${this.#now}
        WHERE ${this.#held} RETURNING id`,
      values: [uuid, worker],
    };
  }

  /** One that was to stop, or was begun too often, is over. @param error as JSON. */
  fail(uuid: string, worker: string, error: string, retry: boolean): Statement {
    return {
      text: `
        UPDATE ${this.#jobs} SET ${this.#afterFailure("$3", "$4::boolean")}
        WHERE ${this.#held} RETURNING id`,
      values: [uuid, worker, error, retry],
    };
  }

  /** To the head of the line, as if it had not been begun; one that was to stop is over. */
  release(uuid: string, worker: string): Statement {
    const over = "data->>'stop' IS NOT NULL";
    return {
      text: `
        UPDATE ${this.#jobs}
        SET state = (CASE WHEN ${over} THEN 'cancelled' ELSE 'created' END)::text::${this.#state},
          completed_on = CASE WHEN ${over} THEN ${this.#now} END,
          started_on = NULL, heartbeat_on = NULL,
          priority = GREATEST(priority, ${this.#extreme("max")} + 1)
        WHERE ${this.#held} RETURNING id`,
      values: [uuid, worker],
    };
  }

  /** A waiting one is over, an active one is to stop; once that is for good it stays so. */
  stop(uuid: string, reason: string): Statement {
    return {
      text: `
        UPDATE ${this.#jobs}
        SET state = (CASE state WHEN 'active' THEN 'active' ELSE 'cancelled' END)::text::${this.#state},
          completed_on = CASE WHEN state <> 'active' THEN ${this.#now} END,
          data = CASE WHEN state <> 'active' OR data->>'stop' = 'cancel' THEN data
            ELSE data || jsonb_build_object('stop', $2::text) END
        WHERE name = '${QUEUE}' AND id = $1::uuid AND state <= 'active' RETURNING id`,
      values: [uuid, reason],
    };
  }

  /** Ends what was to stop when its worker fell silent. */
  endStopped(): Statement {
    return {
      text: `
        UPDATE ${this.#jobs} SET state = 'cancelled', completed_on = ${this.#now}
        WHERE name = '${QUEUE}' AND state = 'retry' AND data->>'stop' IS NOT NULL RETURNING id`,
      values: [],
    };
  }

  /** Every active one as if its worker had fallen silent. */
  loseAll(error: string): Statement {
    return {
      text: `
        UPDATE ${this.#jobs} SET ${this.#afterFailure("$1", "true")}
        WHERE name = '${QUEUE}' AND state = 'active' RETURNING id`,
      values: [error],
    };
  }

  move(uuid: string, to: "front" | "back"): Statement {
    const priority = to === "front" ? `${this.#extreme("max")} + 1` : `${this.#extreme("min")} - 1`;
    return {
      text: `
        UPDATE ${this.#jobs} SET priority = ${priority}
        WHERE name = '${QUEUE}' AND id = $1::uuid AND state < 'active' RETURNING id`,
      values: [uuid],
    };
  }

  /** Active ones in the order in which they began, then those that wait, with their place. */
  list(): Statement {
    return {
      text: `
        SELECT ${COLUMNS}, CASE WHEN state < 'active' THEN
          row_number() OVER (PARTITION BY state < 'active' ORDER BY ${ORDER})::int END AS place
        FROM ${this.#jobs} WHERE name = '${QUEUE}' AND state <= 'active'
        ORDER BY state < 'active', CASE WHEN state = 'active' THEN started_on END, ${ORDER}`,
      values: [],
    };
  }

  get(uuid: string): Statement {
    return {
      text: `
        SELECT ${COLUMNS}, CASE WHEN state < 'active' THEN (
          SELECT count(*)::int FROM ${this.#jobs} other
          WHERE other.name = '${QUEUE}' AND other.state < 'active'
            AND ((other.data->>'kind' = 'extract')::int, -other.priority, other.created_on, other.id)
              <= ((job.data->>'kind' = 'extract')::int, -job.priority, job.created_on, job.id)
          ) END AS place
        FROM ${this.#jobs} job WHERE job.name = '${QUEUE}' AND job.id = $1::uuid`,
      values: [uuid],
    };
  }

  /** The job `$1` while it is the worker's `$2`. */
  get #held(): string {
    return `name = '${QUEUE}' AND id = $1::uuid AND state = 'active' AND data->>'worker' = $2::text`;
  }

  /**
   * Back into the line, or over: one that was to stop is cancelled, one that was begun too often has failed.
   * @param error place of the error among the values. @param mayRetry a condition.
   */
  #afterFailure(error: string, mayRetry: string): string {
    const again = `${mayRetry} AND data->>'stop' IS NULL AND retry_count < retry_limit`;
    return `
      state = (CASE WHEN ${again} THEN 'retry' WHEN data->>'stop' IS NULL THEN 'failed' ELSE 'cancelled' END
        )::text::${this.#state},
      completed_on = CASE WHEN ${again} THEN NULL ELSE ${this.#now} END,
      heartbeat_on = NULL, output = ${error}::text::jsonb`;
  }

  get #state(): string {
    return this.#jobs.replace(/\.job$/, ".job_state");
  }

  /** Of the waiting jobs' priorities; 0 where none waits. */
  #extreme(which: "max" | "min"): string {
    return `(SELECT COALESCE(${which}(priority), 0) FROM ${this.#jobs} WHERE name = '${QUEUE}' AND state < 'active')`;
  }
}
