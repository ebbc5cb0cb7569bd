import { UsageError } from "../exit/exit-codes.ts";

/**
 * The address of a PostgreSQL database that somebody gave. What is none is not shown: nobody knows what in it is a password.
 * @param name of the flag or variable. @param others what may stand there besides.
 * @returns undefined where there is none.
 * @throws UsageError
 */
export function postgresUrl(
  text: string | undefined,
  name: string,
  others: readonly string[] = [],
): string | undefined {
  const url = text?.trim() || undefined;
  if (url === undefined) return undefined;
  const begins = /^postgres(ql)?:\/\//i.test(url);
  if (begins && URL.canParse(url)) {
    const { pathname, hash } = new URL(url);
    if (hash === "" && !pathname.includes("@")) return url;
  }
  const received = begins
    ? 'an address whose host, port or database cannot be read (in a password "#", "/", "?" and "@" are written %23, %2F, %3F and %40)'
    : "something that does not begin with postgres://";
  throw new UsageError(
    `${name}: this is no address of a PostgreSQL database. Received: ${received}. Expected: ${["postgres://USER:PASSWORD@HOST/DATABASE", ...others].join(", or ")}.`,
  );
}
