import { destination, type Logger, pino } from "pino";

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
 * `account`, `token` (ids). A line is written at once, so that the last one before a crash is there.
 */
export function openLog({ level, hide, write }: LogOptions): Logger {
  const stream = write === undefined ? destination({ fd: 2, sync: true }) : { write };
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: hide },
    },
    stream,
  );
}
