/** Work that tells how far it is by a callback. */
type ReportingWork<Report, Result> = (
  report: (report: Report) => void,
  signal: AbortSignal,
) => Promise<Result>;

/** What {@link reportsOf} does with a report and when it stops the work. */
interface ReportOptions<Report, Shown> {
  /** Called when a report's turn to be yielded has come. */
  readonly show: (report: Report) => Shown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs work that reports by a callback as a generator of its reports.
 *
 * The generator ends with the work's result or error. A caller that leaves early aborts the work's signal and waits
 * until the work has ended, so that nothing of it goes on behind the caller's back.
 */
export async function* reportsOf<Report, Shown, Result>(
  work: ReportingWork<Report, Result>,
  { show, signal }: ReportOptions<Report, Shown>,
): AsyncGenerator<Shown, Result> {
  const left = new AbortController();
  const reports: Report[] = [];
  let wake = (): void => undefined;
  let ended = false;
  const result = work(
    (report) => {
      reports.push(report);
      wake();
    },
    signal ? AbortSignal.any([signal, left.signal]) : left.signal,
  ).finally(() => {
    ended = true;
    wake();
  });
  // the caller may be away when it fails; the error is thrown below
  result.catch(() => undefined);
  try {
    for (;;) {
      const report = reports.shift();
      if (report !== undefined) yield show(report);
      else if (ended) return await result;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    left.abort();
    await result.catch(() => undefined);
  }
}
