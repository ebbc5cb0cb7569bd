/**
 * Asks of many hashes by one call what is asked of them one by one: all that come while a call is under way are the next one.
 * A hold is a transaction of some milliseconds, and an import stores several pictures at a time.
 * @param ask gives those that are refused.
 * @returns asks for one; true where it is not refused.
 */
export function holdLine(
  ask: (hashes: readonly string[]) => Promise<ReadonlySet<string>>,
): (hash: string) => Promise<boolean> {
  interface Waiting {
    readonly hash: string;
    readonly resolve: (isHeld: boolean) => void;
    readonly reject: (error: unknown) => void;
  }
  let line: Waiting[] = [];
  let isAsking = false;
  const askAll = async (): Promise<void> => {
    isAsking = true;
    // what is asked for in one go, goes in one call
    await Promise.resolve();
    while (line.length > 0) {
      const asked = line;
      line = [];
      try {
        const refused = await ask([...new Set(asked.map(({ hash }) => hash))]);
        for (const { hash, resolve } of asked) resolve(!refused.has(hash));
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    isAsking = false;
  };
  return (hash) =>
    new Promise((resolve, reject) => {
      line.push({ hash, resolve, reject });
      if (!isAsking) void askAll();
    });
}
