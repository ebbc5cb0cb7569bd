import type { Role } from "../ports/rows.ts";

/**
 * Who may call what: the one table that the router asks, and that tests are made from. "own": on what belongs to the caller's
 * account (an admin's is everybody's); "scope": on what the token names; "open": without any token, too.
 */
export type Permission = "own" | "scope" | "open";

type Row = Partial<Readonly<Record<Role, Permission>>>;

const everyone: Row = {
  ...{ admin: "open", member: "open", pupil: "open" },
  ...{ contributor: "open", predict: "open", worker: "open" },
};
const known: Row = {
  ...{ admin: "own", member: "own", pupil: "own" },
  ...{ contributor: "own", predict: "own", worker: "own" },
};

/** By the procedure's path in the router; a procedure that is not here cannot be called (`rpc/trpc.ts`). */
export const PERMISSIONS: Readonly<Record<string, Row>> = {
  "system.version": everyone,
  "system.me": known,
};

const isOpen = (row: Row | undefined): boolean =>
  row !== undefined && Object.values(row).every((permission) => permission === "open");

/** What a caller may do with a procedure; undefined: nothing. @param role undefined: nobody that is known */
export function permissionOf(path: string, role: Role | undefined): Permission | undefined {
  const row = Object.hasOwn(PERMISSIONS, path) ? PERMISSIONS[path] : undefined;
  if (role === undefined) return isOpen(row) ? "open" : undefined;
  return row?.[role];
}
