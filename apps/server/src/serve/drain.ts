import type { Logger } from "../http/observe/log.ts";

/** How long nothing is said. */
const QUIET_MS = 3000;

export interface DrainOptions {
  /** After that what has not ended is left alone. */
  readonly lastMs: number;
  readonly log: Pick<Logger, "warn" | "error">;
  /** Why it may take long, in a sentence. */
  readonly trouble: () => string | undefined;
  /** @default 3 s */
  readonly quietMs?: number;
}

/**
 * Waits for what is to end, not for ever, and says what it waits for. What fails is told.
 * @param ends by what people call them: "jobs to stop".
 */
export async function drain(
  ends: Readonly<Record<string, Promise<void>>>,
  { lastMs, log, trouble, quietMs = QUIET_MS }: DrainOptions,
): Promise<void> {
  const left = new Set(Object.keys(ends));
  const ended = Object.entries(ends).map(async ([name, end]) => {
    await end.catch((error: unknown) => log.error({ err: error, name }, "A part did not end well."));
    left.delete(name);
  });
  const waitsFor = (): string => [...left].join(", and for ");
  const last = performance.now() + lastMs;
  const telling = setInterval(() => {
    const seconds = Math.max(1, Math.round((last - performance.now()) / 1000));
    log.warn(
      [`The server waits for ${waitsFor()}, at most ${seconds} s more.`, trouble() ?? []].flat().join(" "),
    );
  }, quietMs);
  let timer: NodeJS.Timeout | undefined;
  const isLate = await Promise.race([
    Promise.all(ended).then(() => false),
    new Promise<true>((settle) => {
      timer = setTimeout(settle, lastMs, true);
    }),
  ]);
  clearInterval(telling);
  clearTimeout(timer);
  if (isLate)
    log.error(
      [`The server ends without waiting any longer for ${waitsFor()}.`, trouble() ?? []].flat().join(" "),
    );
}
