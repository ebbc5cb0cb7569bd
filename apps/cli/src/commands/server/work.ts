import type { StorePlace } from "@graft/server";
import { postgresUrl } from "../../options/postgres-url.ts";
import { StatusLine } from "../../progress/status-line.ts";
import type { CommandContext, Flags } from "../../session/context.ts";

/** What a signal stops, and what tells how far it is. */
export interface Work extends Disposable {
  readonly signal: AbortSignal;
  readonly line: StatusLine;
  readonly tell: (what: string) => (progress: { readonly done: number; readonly total: number }) => void;
}

export function begin({ environment }: CommandContext): Work {
  const controller = new AbortController();
  const line = new StatusLine(environment);
  const stop = (): void => controller.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, stop);
  return {
    ...{ signal: controller.signal, line },
    tell:
      (what) =>
      ({ done, total }) =>
        line.status(`${what}  ${total === 0 ? 100 : Math.floor((100 * done) / total)} %`),
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, stop);
      line.clear();
    },
  };
}

export const placeOf = ({ environment }: CommandContext, { blobs }: Flags, { line }: Work): StorePlace => ({
  home: environment.home,
  databaseUrl: postgresUrl(environment.variables.DATABASE_URL, "DATABASE_URL"),
  ...(typeof blobs === "string" ? { blobs } : {}),
  onNotice: (notice) => line.print(notice),
});
