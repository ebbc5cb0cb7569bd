import type { AccountRow, Caller, Identity, Repository, TokenScope } from "@graft/api";
import {
  type IdentityServices,
  identityServices,
} from "../../../packages/api/src/identity/identity-services.ts";
import type { DeleteDataset } from "../../../packages/api/src/identity/owned-data.ts";
import { makeToken } from "../../../packages/api/src/identity/token-row.ts";
import { NOW, sampleAccount } from "../contract/sample-rows.ts";
import { openTestStore, type StoreKind, type TestStore } from "../open-store.ts";

/** A clock that a test sets. */
export interface TestClock {
  now: number;
}

/** One server's services of identity; several may stand on one store. */
export function openIdentity(
  repository: Repository,
  clock: TestClock,
  deleteDataset: DeleteDataset = (_caller, dataset) => repository.datasets.remove(dataset),
): IdentityServices {
  return identityServices({ repository, clock: () => clock.now }, deleteDataset);
}

export interface TestIdentity extends AsyncDisposable {
  readonly store: TestStore;
  readonly repository: Repository;
  readonly clock: TestClock;
  readonly services: IdentityServices;
  /** A new account with a token of its role. */
  person(change?: Partial<AccountRow>): Promise<Person>;
  /** A token of an account, whoever may make it. */
  tokenOf(account: AccountRow, token?: TokenChange): Promise<Person>;
}

export interface TokenChange {
  readonly role?: Identity["token"]["role"];
  readonly scope?: TokenScope;
  readonly endsAt?: number | null;
}

export interface Person {
  readonly account: AccountRow;
  readonly secret: string;
  /** Of the token. */
  readonly id: string;
  readonly caller: Caller;
}

export async function openTestIdentity(kind: StoreKind): Promise<TestIdentity> {
  const store = await openTestStore(kind);
  const { repository } = store;
  const clock = { now: NOW };
  const services = openIdentity(repository, clock);
  async function tokenOf(account: AccountRow, change: TokenChange = {}): Promise<Person> {
    const { role = account.role, scope = {}, endsAt = null } = change;
    const token = { account: account.id, name: "laptop", role, scope, endsAt };
    const { row, secret } = await makeToken(token, { now: clock.now });
    await repository.tokens.create(row);
    const identity = await services.identity.byToken(secret, { from: "192.0.2.1" });
    return { account, secret, id: row.id, caller: { identity, from: "192.0.2.1", request: "r" } };
  }
  return {
    ...{ store, repository, clock, services, tokenOf },
    async person(change = {}) {
      const account = sampleAccount(change);
      await repository.accounts.create(account);
      return tokenOf(account);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
