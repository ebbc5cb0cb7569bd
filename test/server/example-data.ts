/** Data that procedures' examples work on; see `example-ids.ts` for what each name stands for. */
import { type AccountRow, type Identity, newId, type Role, type TokenScope } from "@graft/api";
import { makeToken } from "../../packages/api/src/identity/token-row.ts";
import {
  sampleAccount,
  sampleClass,
  sampleDataset,
  sampleImage,
  sampleRun,
  sampleUpload,
} from "./contract/sample-rows.ts";
import type { ExampleId } from "./example-ids.ts";
import type { TestServices } from "./open-services.ts";

export type ExampleIds = Readonly<Record<ExampleId, string>>;

/** Somebody of a role, known by a token. */
export async function signedIn(
  { ports, services }: TestServices,
  account: AccountRow,
  token: { readonly role?: Role; readonly scope?: TokenScope } = {},
): Promise<Identity> {
  const { role = account.role, scope = {} } = token;
  const asked = { account: account.id, name: "test", role, scope, endsAt: null };
  const { row, secret } = await makeToken(asked, { now: Date.now() });
  await ports.repository.tokens.create(row);
  return services.identity.byToken(secret, { from: null });
}

/** A new account; a pupil's is in a group of its own. */
export async function newAccount({ ports }: TestServices, role: AccountRow["role"]): Promise<AccountRow> {
  const { accounts } = ports.repository;
  if (role !== "pupil") {
    const account = sampleAccount({ role });
    await accounts.create(account);
    return account;
  }
  // after every end that an example names
  const endsAt = Date.UTC(2199, 0);
  const group = { id: newId(), name: "7b", createdBy: "a", createdAt: Date.now(), endsAt };
  const pupil = sampleAccount({ role, group: group.id });
  await accounts.createGroup(group, [pupil], []);
  return pupil;
}

/** What a token of a role is narrowed to so that it may use the example data. */
export function scopeOf(role: Role, ids: ExampleIds): TokenScope {
  if (role === "contributor") return { dataset: ids.$dataset, class: ids.$class };
  return role === "predict" ? { runs: [ids.$run, ids.$otherRun] } : {};
}

/** New data of an account, with its ids; the account and the group are nobody's in particular. */
export async function exampleData(test: TestServices, owner: AccountRow): Promise<ExampleIds> {
  const { repository } = test.ports;
  const account = await newAccount(test, "member");
  const pupil = await newAccount(test, "pupil");
  const { row } = await makeToken(
    { account: owner.id, name: "example", role: owner.role, endsAt: null },
    { now: Date.now() },
  );
  await repository.tokens.create(row);
  const dataset = sampleDataset(owner.id);
  const [first, second] = [0, 1].map((position) =>
    sampleClass(dataset.id, { position, name: `class ${position}` }),
  );
  if (!first || !second) throw new TypeError("there are two");
  await repository.datasets.create(dataset, [first, second]);
  const images = [first, second].flatMap((one) =>
    [0, 1, 2].map(() => sampleImage(dataset.id, { class: one.id, part: "train" })),
  );
  await repository.images.add(dataset.id, { classes: [], images, parts: new Map(), at: Date.now() });
  const upload = sampleUpload(dataset.id, { account: owner.id });
  await repository.uploads.create(upload);
  const newRun = (change: Parameters<typeof sampleRun>[1]) =>
    repository.runs.create(sampleRun(dataset.id, { owner: owner.id, ...change }));
  const run = await newRun({ state: "completed", hasModel: true });
  const otherRun = await newRun({ state: "completed", hasModel: true });
  const queuedRun = await newRun({});
  const stoppedRun = await newRun({ state: "interrupted" });
  return {
    ...{ $account: account.id, $group: pupil.group ?? "", $token: row.id },
    ...{ $dataset: dataset.id, $class: first.id, $otherClass: second.id },
    ...{ $image: images[0]?.id ?? "", $otherImage: images[3]?.id ?? "", $upload: upload.id },
    ...{ $run: run.id, $otherRun: otherRun.id, $waiting: queuedRun.id, $stopped: stoppedRun.id },
  };
}
