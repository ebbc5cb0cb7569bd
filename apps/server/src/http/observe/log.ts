import { destination, type Logger, pino } from "pino";
import { errorFacts } from "./error-facts.ts";
import { LineGatherer } from "./line-gatherer.ts";

export type { Logger } from "pino";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Takes secrets out of a line, wherever they stand in it. */
  readonly hide: (text: string) => string;
  /** Where lines go. @default stderr */
  readonly write?: (line: string) => void;
}

/**
 * One JSON object a line: `level`, `time` (ISO 8601), `msg`, and of a request `request` (its id, which its jobs have too),
 * `account`, `token` (ids). A warning or worse is written at once, all else within 50 ms: what an end by SIGKILL may take along.
 */
export function openLog({ level, hide, write }: LogOptions): Logger {
  const stream = write === undefined ? gathered() : { write };
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: hide },
      serializers: { err: (error) => errorFacts(error) },
    },
    stream,
  );
}

/** To stderr. What waits when the process ends is written then. */
function gathered(): LineGatherer {
  const stderr = destination({ fd: 2, sync: true });
  const lines = new LineGatherer((text) => void stderr.write(text));
  process.once("exit", () => lines.flush());
  return lines;
}
