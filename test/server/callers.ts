import { type AccountRow, type Caller, newId, type Repository, type Role, type TokenScope } from "@graft/api";
import { sampleAccount } from "./contract/sample-rows.ts";

/** People who call services. */
export interface Callers {
  person(change?: Partial<AccountRow>): Promise<Caller>;
  /** Of the same account, by a token of another role. */
  as(caller: Caller, role: Role, scope: TokenScope): Caller;
}

export const callersOf = ({ accounts }: Pick<Repository, "accounts">): Callers => ({
  async person(change = {}) {
    const account = sampleAccount(change);
    await accounts.create(account);
    const token = { id: newId(), name: "laptop", role: account.role, scope: {}, endsAt: null };
    return { identity: { account, token }, from: "192.0.2.1", request: "r" };
  },
  as: ({ identity: { account }, ...caller }, role, scope) => ({
    ...caller,
    identity: { account, token: { id: newId(), name: "link", role, scope, endsAt: null } },
  }),
});
