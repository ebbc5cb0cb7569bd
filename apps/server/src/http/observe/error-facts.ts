/** Causes of causes that are told. */
const DEEPEST = 5;

/**
 * What the log tells of an error: never all that hangs on it, as a database's driver gives an error its whole connection, with what
 * lets it in.
 */
export function errorFacts(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = "code" in error && ["string", "number"].includes(typeof error.code) ? error.code : undefined;
  return {
    ...{ type: name, message, stack },
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined || depth === DEEPEST ? {} : { cause: errorFacts(cause, depth + 1) }),
  };
}
