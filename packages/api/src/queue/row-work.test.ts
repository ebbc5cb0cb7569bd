import { CoreError, type ErrorCode } from "@graft/core";
import { expect, it } from "vitest";
import type { Job, JobContext, Jobs } from "../ports/jobs.ts";
import type { WorkChange, WorkRow } from "../ports/work-rows.ts";
import { RowChanges } from "./row-changes.ts";
import { RowWork } from "./row-work.ts";

type Row = WorkRow & { readonly kind: "export" };

/** Work that fails so in one try of many. @param attempts how often it was begun before */
async function fails(code: ErrorCode, attempts: number) {
  let row: Row = {
    ...{ id: "w", owner: "anna", kind: "export", state: "queued", isStopAsked: false, createdAt: 1 },
    ...{ startedAt: null, endedAt: null, progress: null, error: null, worker: null },
  };
  const rows = {
    get: async () => row,
    page: async () => ({ items: [row] }),
    async update(_: string, change: WorkChange) {
      row = { ...row, ...change };
      return true;
    },
  };
  const work = new RowWork<Row>({
    ...{ rows, jobs: {} as Jobs, clock: () => 2, changes: new RowChanges(rows) },
    passing: ["busy", "disk-full", "offline"],
  });
  const job = { id: "w", subject: "w", kind: "export", attempts } as Job;
  const { signal } = new AbortController();
  const context: Pick<JobContext, "worker" | "signal" | "isForHost"> = {
    ...{ worker: "me", signal, isForHost: () => false },
  };
  const thrown = await work
    .handle(job, context, async () => {
      throw new CoreError(code, { what: "Not now." });
    })
    .then(
      () => undefined,
      (error: unknown) => (error instanceof CoreError ? error.code : "another error"),
    );
  return { thrown, state: row.state, error: row.error?.code };
}

it.each([
  ["busy", "busy"],
  ["disk-full", "disk-full"],
  // what claims jobs knows as the host's trouble
  ["offline", "unreadable"],
  ["backend", "backend"],
] as const)("work that fails with %s goes back into the line", async (code, thrown) => {
  expect(await fails(code, 0)).toEqual({ thrown, state: "queued", error: undefined });
});

it.each([
  ["bad-input", 0],
  ["unreadable", 0],
  ["backend", 3],
  ["busy", 14],
] as const)("work that fails with %s after %i tries is over, and says why", async (code, attempts) => {
  expect(await fails(code, attempts)).toEqual({ thrown: undefined, state: "failed", error: code });
});
