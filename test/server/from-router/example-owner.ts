import { type AccountRow, type Identity, permissionOf, type Role } from "@graft/api";
import { type ExampleIds, exampleData, newAccount, scopeOf, signedIn } from "../example-data.ts";
import type { TestServices } from "../open-services.ts";
import { type Answer, call } from "./call.ts";
import { filled } from "./examples.ts";
import type { Procedure } from "./procedures.ts";

/** Whoever may have a token of a role. */
export const accountFor = (role: Role): AccountRow["role"] =>
  role === "admin" || role === "pupil" ? role : "member";

/** An account with example data, which are made anew when a call has spoilt them: to make them takes a hundred calls. */
export class ExampleOwner {
  readonly #test: TestServices;
  readonly account: AccountRow;
  #ids: ExampleIds;

  private constructor(test: TestServices, account: AccountRow, ids: ExampleIds) {
    this.#test = test;
    this.account = account;
    this.#ids = ids;
  }

  /** @param role of its account, or of a token that it may have. */
  static async open(test: TestServices, role: Role): Promise<ExampleOwner> {
    const account = await newAccount(test, accountFor(role));
    return new ExampleOwner(test, account, await exampleData(test, account));
  }

  /** What they are now. */
  get ids(): ExampleIds {
    return this.#ids;
  }

  /** A token of its account, narrowed to the data where its role is. */
  signedIn(role: Role): Promise<Identity> {
    return signedIn(this.#test, this.account, { role, scope: scopeOf(role, this.#ids) });
  }

  /**
   * What comes of a procedure's example. One that does not work on data that others have used is tried on new ones.
   * @param who comes with which token. @default the owner, with a token of the role
   */
  async example(
    { path, meta }: Procedure,
    who: { readonly role: Role } | { readonly identity: Identity | undefined },
  ): Promise<Answer> {
    const once = async (): Promise<Answer> => {
      const identity = "role" in who ? await this.signedIn(who.role) : who.identity;
      const input = filled(meta?.example, (name) => Reflect.get(this.#ids, name));
      return call(this.#test.services, identity, { path, input });
    };
    const answer = await once();
    if (answer.code === "ok") return answer;
    await this.renew();
    return once();
  }

  async renew(): Promise<void> {
    this.#ids = await exampleData(this.#test, this.account);
  }

  /** New data where some of what the example data name is gone. */
  async renewIfSpoilt(): Promise<void> {
    const { datasets, images, runs, searches, modelJobs, uploads, tokens, accounts } =
      this.#test.ports.repository;
    const { $dataset, $otherDataset, $image, $otherImage, $run, $otherRun, $waiting, $stopped } = this.#ids;
    const rows = await Promise.all([
      ...[$dataset, $otherDataset].map((id) => datasets.get(id)),
      ...[$image, $otherImage].map((id) => images.get(id)),
      ...[$run, $otherRun, $waiting, $stopped].map((id) => runs.get(id)),
      ...[this.#ids.$search, this.#ids.$features, this.#ids.$waitingSearch].map((id) => searches.get(id)),
      ...[this.#ids.$modelJob, this.#ids.$sentJob].map((id) => modelJobs.get(id)),
      ...[this.#ids.$upload, this.#ids.$sentUpload].map((id) => uploads.get(id)),
      ...[
        tokens.get(this.#ids.$token),
        accounts.get(this.#ids.$account),
        accounts.getGroup(this.#ids.$group),
      ],
    ]);
    const classes = new Set((await datasets.classes($dataset)).map(({ id }) => id));
    const hasAll = classes.has(this.#ids.$class) && classes.has(this.#ids.$otherClass);
    if (!hasAll || rows.includes(undefined)) await this.renew();
  }
}

/** Roles that may call a procedure, by what for. */
export function rolesOf({ path }: Procedure, roles: readonly Role[]) {
  const may = roles.filter((role) => permissionOf(path, role) !== undefined);
  return {
    owners: may.filter((role) => permissionOf(path, role) !== "scope"),
    narrow: may.filter((role) => permissionOf(path, role) === "scope"),
  };
}
