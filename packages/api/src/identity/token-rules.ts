import { CoreError } from "@graft/core";
import type { Repository } from "../ports/repository.ts";
import type { AccountRow, Role, TokenScope } from "../ports/rows.ts";
import { type Identity, notThere, owns } from "./identity.ts";

/** What somebody asks a token to be. */
export interface AskedToken {
  readonly role: Role;
  readonly dataset?: string | undefined;
  readonly class?: string | undefined;
  readonly runs?: readonly string[] | undefined;
  readonly perMinute?: number | undefined;
  readonly isTryLink?: boolean | undefined;
}

const NARROW = ["contributor", "predict", "worker"] as const;
/** Which tokens an account of a role may have, and who comes with a token of that role may make for it. */
const MAY_HAVE: Readonly<Record<Role, readonly Role[]>> = {
  ...{ admin: ["admin", "member", ...NARROW], member: ["member", ...NARROW], pupil: ["pupil", ...NARROW] },
  ...{ contributor: [], predict: [], worker: [] },
};

/**
 * Nobody makes what may do more than they themselves, nor for somebody else; admins do, as far as the account goes.
 * @throws CoreError `forbidden` for a role above the maker's, `bad-input` for one that the account does not have.
 */
export function checkRole(maker: Identity, account: AccountRow, role: Role): void {
  if (!MAY_HAVE[account.role].includes(role))
    throw new CoreError("bad-input", {
      what: `The account of ${account.name} cannot have a token of this role.`,
      received: role,
      expected: MAY_HAVE[account.role].join(", "),
      fix: "Choose another role or another account.",
    });
  const isOwn = account.id === maker.account.id;
  if (isOwn && !MAY_HAVE[maker.token.role].includes(role))
    throw new CoreError("forbidden", {
      what: "A token cannot make one that may do more than itself.",
      received: role,
      expected: MAY_HAVE[maker.token.role].join(", "),
      fix: "Ask an admin.",
    });
}

/**
 * When a token is to end.
 * @param asked milliseconds since 1970; undefined: nothing was asked.
 * @returns null: it does not end by itself.
 * @throws CoreError `bad-input` for a time that has passed, and for one after the end of the token that makes it.
 */
export function endOfNew(asked: number | undefined, now: number, makerEnd: number | null): number | null {
  const end = asked ?? makerEnd;
  if (end !== null) checkFuture(end, now);
  if (end !== null && makerEnd !== null && end > makerEnd)
    throw new CoreError("bad-input", {
      what: "A token cannot outlast the one that makes it.",
      received: new Date(end).toISOString(),
      expected: `at most ${new Date(makerEnd).toISOString()}`,
      fix: "Choose an earlier end.",
    });
  return end;
}

/** @throws CoreError `bad-input`. */
export function checkFuture(end: number, now: number): void {
  if (end <= now)
    throw new CoreError("bad-input", {
      what: "This end has passed already.",
      received: new Date(end).toISOString(),
      expected: `after ${new Date(now).toISOString()}`,
      fix: "Choose a later end.",
    });
}

/**
 * What a token is narrowed to, which its role asks for and its maker may see.
 * @throws CoreError `bad-input` for a part that is missing or belongs to another role, `not-found` for what is not the maker's.
 */
export async function scopeOfNew(
  repository: Repository,
  maker: Identity,
  asked: AskedToken,
): Promise<TokenScope> {
  const { role, dataset, class: className, runs, perMinute, isTryLink } = asked;
  checkParts(asked);
  if (role === "contributor" && dataset !== undefined && className !== undefined) {
    const row = await repository.datasets.get(dataset);
    if (!row || !owns(maker, row.owner)) throw notThere("data set", dataset);
    const classes = await repository.datasets.classes(dataset);
    if (!classes.some(({ id }) => id === className)) throw notThere("class", className);
    return { dataset, class: className };
  }
  if (role === "predict" && runs !== undefined) {
    for (const id of runs) {
      const run = await repository.runs.get(id);
      if (!run || !owns(maker, run.owner)) throw notThere("run", id);
    }
    return {
      runs: [...new Set(runs)],
      ...(perMinute === undefined ? {} : { perMinute }),
      ...(isTryLink === true ? { isTryLink } : {}),
    };
  }
  return {};
}

/** Parts of a scope by role: what it needs, and what it may have. */
const NEEDS: Readonly<Partial<Record<Role, readonly (keyof AskedToken)[]>>> = {
  contributor: ["dataset", "class"],
  predict: ["runs"],
};
const MAY_NAME: Readonly<Partial<Record<Role, readonly (keyof AskedToken)[]>>> = {
  contributor: ["dataset", "class"],
  predict: ["runs", "perMinute", "isTryLink"],
};
const PARTS = ["dataset", "class", "runs", "perMinute", "isTryLink"] as const;

function checkParts(asked: AskedToken): void {
  const { role } = asked;
  const missing = (NEEDS[role] ?? []).filter((part) => asked[part] === undefined);
  const strange = PARTS.filter((part) => asked[part] !== undefined && !MAY_NAME[role]?.includes(part));
  const [wrong] = [...missing, ...strange];
  if (wrong === undefined) return;
  throw new CoreError("bad-input", {
    what:
      missing.length > 0
        ? `A token of this role needs \`${wrong}\`.`
        : `A token of this role has no \`${wrong}\`.`,
    received: role,
    expected: (NEEDS[role] ?? ["nothing more"]).join(" and "),
    fix: "Name what the token is for, and nothing else.",
  });
}
