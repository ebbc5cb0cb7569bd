import { CoreError, type ErrorCode } from "@graft/core";

/** What databases say by number (PostgreSQL, appendix A), where it is no defect of ours. */
const BY_STATE: readonly (readonly [RegExp, ErrorCode, string, string])[] = [
  [/^23505$/, "conflict", "Something of this name is there already.", "Choose another name, or look again."],
  [/^23503$/, "not-found", "What this belongs to is not there any more.", "Look again at what there is."],
  [
    /^(28...|3D000|42501)$/,
    ...([
      "bad-input",
      "The database does not let graft in.",
      "Look at the user, the password and the database's name in its address, and at what the user may do.",
    ] as const),
  ],
  [/^53100$/, "disk-full", "There is no room for the store on the disk.", "Free some space and try again."],
  [
    /^25006$/,
    ...([
      "disk-full",
      "The store can only be read for now.",
      "Free some space on its disk. Of a PostgreSQL server: give the address of the one that takes changes.",
    ] as const),
  ],
  [/^54000$/, "limit", "A text is too long to be stored.", "Use a shorter one."],
  [
    /^(08...|57P0[1-3]|53[23]..|E[A-Z]+)$/,
    ...([
      "unreadable",
      "The store cannot be reached.",
      "See that its database runs, then try again.",
    ] as const),
  ],
];

/** Words of `pg` for a connection that is gone; it has no code for it. */
const GONE = /connection terminated|client has encountered a connection error/i;
/** What it says itself to a database that asks for a password. */
const NO_PASSWORD = /^SASL: .*client password must be/;
const NONE = /timeout exceeded when trying to connect/i;

/** The error that a driver threw, inside what drizzle makes of it: that one has the values in its text, which may be secrets. */
export function driverError(error: unknown): unknown {
  return error instanceof Error && error.name !== "CoreError" && error.cause instanceof Error
    ? driverError(error.cause)
    : error;
}

/** PostgreSQL's five characters, or a system's code; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const cause = driverError(error);
  if (!(cause instanceof Error)) return undefined;
  if ("code" in cause && typeof cause.code === "string") return cause.code;
  if (NO_PASSWORD.test(cause.message)) return "28P01";
  if (NONE.test(cause.message)) return "ECONNREFUSED";
  return GONE.test(cause.message) ? "08006" : undefined;
}

/** What a database threw, as people should hear it; a defect stays what it is, without the values of its query. */
export function storeError(error: unknown): unknown {
  const cause = driverError(error);
  const state = sqlState(error);
  const row = BY_STATE.find(([pattern]) => state !== undefined && pattern.test(state));
  if (!row || cause instanceof CoreError) return cause;
  const [, code, what, fix] = row;
  const constraint = cause instanceof Error && "constraint" in cause ? { constraint: cause.constraint } : {};
  return new CoreError(code, { what, fix }, { cause, facts: { state, ...constraint } });
}
