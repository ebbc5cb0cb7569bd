import { CoreError } from "@graft/core";
import { newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { AccountRow, GroupRow } from "../ports/rows.ts";
import { type Caller, notThere } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import type { OwnedThings } from "./owned-data.ts";
import { enterAddress, makeToken } from "./token-row.ts";
import { checkFuture } from "./token-rules.ts";

/** A line of a sheet of codes: what a pupil is handed. */
export interface SheetLine {
  readonly account: string;
  readonly name: string;
  readonly code: string;
  /** Below the server's address, for a QR. */
  readonly address: string;
}

export interface GroupSheet {
  readonly group: GroupRow;
  readonly lines: readonly SheetLine[];
}

/** Pupils together until a date: made at once, ended at once, deleted at once. */
export class GroupService {
  readonly #parts: IdentityParts;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** The oldest first, each with how many pupils it has. */
  async list(): Promise<readonly (GroupRow & { readonly pupils: number })[]> {
    const { accounts } = this.#parts.repository;
    const counts = new Map<string | null, number>();
    for (const { group } of await inPages((request) => accounts.page(request)))
      counts.set(group, (counts.get(group) ?? 0) + 1);
    return (await accounts.groups()).map((group) => ({ ...group, pupils: counts.get(group.id) ?? 0 }));
  }

  /**
   * Makes pupils, each with a code, which is shown this once.
   * @param asked.names one for each pupil. @default "Pupil 1", "Pupil 2" …
   * @param asked.endsAt milliseconds since 1970.
   * @throws CoreError `bad-input`.
   */
  async create(
    caller: Caller,
    asked: {
      readonly name: string;
      readonly pupils?: number | undefined;
      readonly names?: readonly string[] | undefined;
      readonly endsAt: number;
    },
  ): Promise<GroupSheet> {
    const { repository, clock, audit } = this.#parts;
    const now = clock();
    const { name, endsAt } = asked;
    const names = namesOf(asked);
    checkFuture(endsAt, now);
    const group = { id: newId(), name, createdBy: caller.identity.account.id, createdAt: now, endsAt };
    const accounts = names.map(
      (pupil): AccountRow => ({
        ...{ id: newId(), name: pupil, role: "pupil", group: group.id, createdAt: now, endsAt },
      }),
    );
    const made = await Promise.all(accounts.map((account) => this.#code(account, now)));
    const tokens = made.map(({ row }) => row);
    await repository.accounts.createGroup(group, accounts, tokens);
    await audit.note(caller, "group-made", { group: group.id, name, pupils: accounts.length });
    return { group, lines: made.map(({ line }) => line) };
  }

  /**
   * New codes, of all pupils or of one; the old ones of these let nobody in any more.
   * @throws CoreError `not-found`, `conflict` for a group that has ended.
   */
  async sheet(caller: Caller, id: string, account?: string): Promise<GroupSheet> {
    const { repository, clock, known, audit } = this.#parts;
    const group = await this.#get(id);
    const now = clock();
    if (group.endsAt <= now)
      throw new CoreError("conflict", {
        what: "This group has ended.",
        received: new Date(group.endsAt).toISOString(),
        fix: "Make a new group.",
      });
    const pupils = (await this.#pupils(id)).filter((pupil) => account === undefined || pupil.id === account);
    if (account !== undefined && pupils.length === 0) throw notThere("pupil", account);
    const lines: SheetLine[] = [];
    for (const pupil of pupils) {
      const old = await inPages((request) => repository.tokens.page({ ...request, account: pupil.id }));
      const { row, line } = await this.#code(pupil, now);
      await repository.tokens.create(row);
      await audit.note(caller, "token-made", { token: row.id, account: pupil.id, role: "pupil" });
      for (const token of old) if (token.role === "pupil") await repository.tokens.revoke(token.id, now);
      lines.push(line);
    }
    known.forget();
    return { group, lines };
  }

  /**
   * None of its pupils comes in any more; their data stay.
   * @param at milliseconds since 1970, before its end. @default now
   * @throws CoreError `not-found`, `bad-input`.
   */
  async end(caller: Caller, id: string, at?: number): Promise<GroupRow> {
    const { repository, clock, known, audit } = this.#parts;
    const group = await this.#get(id);
    const now = clock();
    if (at !== undefined) checkFuture(at, now);
    if (at !== undefined && at > group.endsAt)
      throw new CoreError("bad-input", {
        what: "A group can end earlier, not later.",
        received: new Date(at).toISOString(),
        expected: `at most ${new Date(group.endsAt).toISOString()}`,
        fix: "Make a new group.",
      });
    const endsAt = Math.min(at ?? now, group.endsAt);
    await repository.accounts.endGroup(id, endsAt);
    known.forget();
    await audit.note(caller, "group-ended", { group: id, at: endsAt });
    return { ...group, endsAt };
  }

  /** What `delete` would take away. @throws CoreError `not-found`. */
  async contents(id: string): Promise<OwnedThings & { readonly pupils: number }> {
    await this.#get(id);
    const pupils = (await this.#pupils(id)).map((pupil) => pupil.id);
    return { pupils: pupils.length, ...(await this.#parts.owned.count(pupils)) };
  }

  /**
   * Removes a group, its pupils and all of their data for good. One that was cut off in the middle is ended, and goes on when it
   * is asked for again.
   * @throws CoreError `not-found`.
   */
  async delete(caller: Caller, id: string): Promise<OwnedThings & { readonly pupils: number }> {
    const { repository, known, audit, owned } = this.#parts;
    const { name } = await this.end(caller, id);
    const things = await this.contents(id);
    const pupils = (await this.#pupils(id)).map((pupil) => pupil.id);
    await owned.delete(caller, pupils);
    await repository.accounts.removeGroup(id);
    known.forget();
    await audit.note(caller, "group-deleted", { group: id, name, ...things });
    return things;
  }

  async #get(id: string): Promise<GroupRow> {
    const group = await this.#parts.repository.accounts.getGroup(id);
    if (!group) throw notThere("group", id);
    return group;
  }

  /** "Pupil 2" before "Pupil 10". */
  async #pupils(group: string): Promise<readonly AccountRow[]> {
    const pupils = await inPages((request) => this.#parts.repository.accounts.page({ ...request, group }));
    return [...pupils].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** @returns a row to store and what is printed. It ends with the group, which may end earlier than was said. */
  async #code({ id, name, endsAt }: AccountRow, now: number) {
    const token = { account: id, name: "code", role: "pupil", endsAt } as const;
    const { row, secret } = await makeToken(token, { now, form: "code" });
    return { row, line: { account: id, name, code: secret, address: enterAddress(secret) } };
  }
}

/** @throws CoreError `bad-input`. */
function namesOf({
  pupils,
  names,
}: {
  readonly pupils?: number | undefined;
  readonly names?: readonly string[] | undefined;
}): readonly string[] {
  if (names === undefined && pupils !== undefined)
    return Array.from({ length: pupils }, (_, at) => `Pupil ${at + 1}`);
  const twice = names?.find((name, at) => names.indexOf(name) !== at);
  if (names !== undefined && pupils === undefined && twice === undefined) return names;
  throw new CoreError("bad-input", {
    what: twice === undefined ? "A group needs pupils." : "Two pupils have one name.",
    received: twice ?? (names === undefined ? "neither" : "`pupils` and `names`"),
    expected: twice === undefined ? "either `pupils`, how many, or `names`" : "different names",
    fix: twice === undefined ? "Give one of the two." : "Add a letter to one of them.",
  });
}
