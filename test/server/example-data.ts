/** Data that procedures' examples work on; see `example-ids.ts` for what each name stands for. */
import { type AccountRow, type Caller, type Identity, newId, type Role, type TokenScope } from "@graft/api";
import { makeToken } from "../../packages/api/src/identity/token-row.ts";
import { sampleAccount, sampleImage } from "./contract/sample-rows.ts";
import type { ExampleId } from "./example-ids.ts";
import { exampleModelJobs } from "./example-model-jobs.ts";
import { type ExamplePicture, examplePicture, exampleThumbnail, SENT_PICTURE } from "./example-pictures.ts";
import { exampleRuns } from "./example-runs.ts";
import { exampleSearches } from "./example-searches.ts";
import type { TestServices } from "./open-services.ts";

export type ExampleIds = Readonly<Record<ExampleId, string>>;

/** Somebody of a role, with a new token. */
export async function signedInWith(
  { ports, services }: TestServices,
  account: AccountRow,
  token: { readonly role?: Role; readonly scope?: TokenScope } = {},
): Promise<{ readonly identity: Identity; readonly secret: string }> {
  const { role = account.role, scope = {} } = token;
  const asked = { account: account.id, name: "test", role, scope, endsAt: null };
  const { row, secret } = await makeToken(asked, { now: Date.now() });
  await ports.repository.tokens.create(row);
  return { identity: await services.identity.byToken(secret, { from: null }), secret };
}

/** The same, known by it. */
export async function signedIn(...asked: Parameters<typeof signedInWith>): Promise<Identity> {
  return (await signedInWith(...asked)).identity;
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
  const { datasets } = test.services;
  const account = await newAccount(test, "member");
  const pupil = await newAccount(test, "pupil");
  const token = { account: owner.id, name: "example", role: owner.role, endsAt: null };
  const { row } = await makeToken(token, { now: Date.now() });
  await repository.tokens.create(row);
  const caller: Caller = { identity: await signedIn(test, owner), from: null, request: "example" };
  const { dataset } = await datasets.create(caller, { name: "Pets", classes: ["cats", "dogs"], known: null });
  const { dataset: other } = await datasets.create(caller, { name: "Others", classes: ["a"], known: null });
  const [first, second] = await repository.datasets.classes(dataset.id);
  if (!first || !second) throw new TypeError("there are two classes");
  const cats = await addPictures(test, { dataset: dataset.id, class: first.id }, [0, 1, 2, 3, 4]);
  const dogs = await addPictures(test, { dataset: dataset.id, class: second.id }, [5, 6, 7, 8]);
  await edit(test, caller, dataset.id, cats.slice(3));
  const sent = await uploads(test, caller, { dataset: dataset.id, class: first.id });
  const runs = await exampleRuns(test, caller, dataset.id);
  const of = { ...sent, ...runs, $dataset: dataset.id };
  return {
    ...of,
    ...{ $account: account.id, $group: pupil.group ?? "", $token: row.id },
    ...{ $otherDataset: other.id, $class: first.id, $otherClass: second.id },
    ...{ $image: cats[0] ?? "", $otherImage: dogs[0] ?? "" },
    ...(await exampleSearches(test, caller, dataset.id)),
    ...(await exampleModelJobs(test, caller, of)),
  };
}

/** Pictures with their bytes; every fourth is held back. @returns their ids. */
async function addPictures(
  { ports, services }: TestServices,
  place: { readonly dataset: string; readonly class: string },
  numbers: readonly number[],
): Promise<readonly string[]> {
  const pictures = await Promise.all(numbers.map(examplePicture));
  await using keeping = services.keeper.begin();
  const thumbnails: string[] = [];
  for (const picture of pictures) {
    await keeping.keep(picture.bytes, { hash: picture.hash });
    thumbnails.push((await keeping.keep(await exampleThumbnail(picture))).hash);
  }
  const rows = pictures.map(({ bytes, hash }, at) =>
    sampleImage(place.dataset, {
      ...{ class: place.class, path: `${place.class}/${numbers[at]}.png`, hash, bytes: bytes.length },
      facts: { width: 48, height: 48, format: "png", perceptualHash: hash.slice(0, 16) },
      part: at === 1 ? "validation" : "train",
      thumbnail: thumbnails[at] ?? null,
    }),
  );
  const added = { classes: [], images: rows, parts: new Map(), at: Date.now() };
  await ports.repository.images.add(place.dataset, added);
  return rows.map(({ id }) => id);
}

/** A first edit, and a second that was undone. */
async function edit(
  { services: { edits } }: TestServices,
  caller: Caller,
  dataset: string,
  images: readonly string[],
): Promise<void> {
  const [first = "", second = ""] = images;
  await edits.leaveOut(caller, dataset, null, { images: [first] });
  await edits.leaveOut(caller, dataset, null, { images: [second] });
  await edits.undo(caller, dataset, 2);
}

async function* inOnePiece({ bytes }: ExamplePicture): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** One that has no file yet, one whose file is here. */
async function uploads(
  { services }: TestServices,
  caller: Caller,
  place: { readonly dataset: string; readonly class: string },
): Promise<Pick<ExampleIds, "$upload" | "$sentUpload">> {
  const asked = { ...place, labelsFrom: null };
  const open = await services.uploads.create(caller, asked);
  const sent = await services.uploads.create(caller, asked);
  const picture = await examplePicture(SENT_PICTURE);
  const { hash, bytes } = picture;
  await services.uploads.plan(caller, sent.id, [{ path: "tom.png", hash, bytes: bytes.length }]);
  await services.uploads.receive(caller, sent.id, hash, inOnePiece(picture));
  return { $upload: open.id, $sentUpload: sent.id };
}
