import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { zipOf } from "../dataset/zip-writer.ts";
import { itLong } from "../long.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

/** Data sets of a server, as the command line brings, finds, splits and edits them. */
let server: ServedGraft;
let folder = "";
let home = "";

const FAST = ["--weights", "bundled", "--size", "75", "--cut", "mixed0", "--backend", "onnx:cpu"];

beforeAll(async () => {
  folder = await temporaryFolder("cli-server-datasets");
  home = join(folder, "home");
  server = await serveGraft(join(folder, "server"));
});
afterAll(() => server.stop());

const local = (...words: string[]) => graft([...words, "--local"], home);
const remote = (...words: string[]) =>
  graft([...words, "--server", server.url, "--token", server.token], home);

/** What a command says that must go well. */
async function done(going: ReturnType<typeof graft>) {
  const { code, stdout, stderr } = await going;
  if (code !== 0) throw new Error(stderr);
  return { stdout, stderr };
}
const json = async (going: ReturnType<typeof graft>) => jsonLines((await done(going)).stdout)[0] ?? {};

async function api(path: string, token = server.token, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(said);
  return jsonLines(said)[0] ?? {};
}

type Counts = readonly { readonly label: string; readonly train: number; readonly validation: number }[];
const countsOf = ({ classes }: Record<string, unknown>): Counts =>
  Object(classes).map(({ label, train, validation }: Counts[number]) => ({ label, train, validation }));

/** Pictures of noise by their names; every number is another picture. */
async function pictures(from: number, ...names: readonly string[]): Promise<Record<string, Buffer>> {
  const made = names.map(async (name, at) => [name, await picture(from + at)] as const);
  return Object.fromEntries(await Promise.all(made));
}

async function writeFiles(to: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const root = join(folder, to);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

async function zip(to: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const root = await writeFiles(dirname(to), {});
  await mkdir(root, { recursive: true });
  const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
  await writeFile(join(folder, to), zipOf(entries));
  return join(folder, to);
}

describe("archives on a server", () => {
  const CLASSES = ["cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png"];

  it("are told apart by what is in them, and the same one sends nothing", async () => {
    const mine = await pictures(1, ...CLASSES);
    const first = await zip("a/photos.zip", mine);
    const other = await zip("b/photos.zip", await pictures(11, ...CLASSES));
    const made = await remote("inspect", first, "--json");
    expect(made.stderr).toMatch(/^Sent 4 files\.$/m);
    expect(made.stderr).toMatch(/^The data set "photos\.zip" is on the server now;/m);
    const [{ dataset } = {}] = jsonLines(made.stdout);
    const second = await remote("inspect", other, "--json");
    expect(second.stderr).toContain('Its data set there is "photos.zip 2": "photos.zip" has other pictures.');
    expect(second.stderr).toMatch(/^The data set "photos\.zip 2" is on the server now;/m);
    const [{ dataset: another, images } = {}] = jsonLines(second.stdout);
    expect([another === dataset, images]).toEqual([false, 4]);
    // the first is the same still, and nothing of it travels
    const again = await remote("inspect", first, "--json");
    expect(jsonLines(again.stdout)[0]).toMatchObject({ dataset, images: 4 });
    expect(again.stderr).toContain("Sent 0 files; the server had 4 already.");
    expect(again.stderr).not.toContain("is on the server now");
    // with one more picture it is its data set still, and that one picture travels
    await zip("a/photos.zip", { ...mine, ...(await pictures(21, "cats/3.png")) });
    const more = await remote("inspect", first, "--json");
    expect(jsonLines(more.stdout)[0]).toMatchObject({ dataset, images: 5 });
    expect(more.stderr).toContain("Sent 1 file; the server had 4 already.");
  });

  it("are read as they are here, with what is broken in them", async () => {
    const files = await pictures(31, "set/cats/1.png", "set/cats/2.png", "set/dogs/1.png", "set/dogs/2.png");
    const broken = { ...files, "set/dogs/3.png": Buffer.from("\x89PNG and no more") };
    const inner = zipOf(Object.entries(broken).map(([name, content]) => ({ name, content })));
    const packed = await zip("c/packed.zip", { "set.zip": inner });
    const [here, there] = [
      await json(local("inspect", packed, "--json")),
      await json(remote("inspect", packed, "--json")),
    ];
    expect(countsOf(there)).toEqual(countsOf(here));
    const { stderr } = await done(remote("inspect", packed));
    expect(stderr).toMatch(/1 file cannot be read and is left out: .*dogs\/3\.png/);
  });
});

it("leaves a picture in the class that it was moved to there, and says so", async () => {
  const set = await writeFiles(
    "moved/zoo",
    await pictures(81, "cats/1.png", "cats/2.png", "dogs/3.png", "dogs/4.png"),
  );
  const { dataset } = await json(remote("inspect", set, "--json"));
  const whole = await api(`/datasets/${dataset}`);
  const dogs = Object(whole.classes).find(({ name }: { name: string }) => name === "dogs").id;
  const { items } = await api(`/datasets/${dataset}/images`);
  const images = Object(items).flatMap(({ id, path }: Record<string, string>) =>
    path === "cats/2.png" ? [id] : [],
  );
  await api(`/datasets/${dataset}/edits/move`, server.token, { images, class: dogs });
  const again = await remote("inspect", set, "--json");
  expect(again.stderr).toMatch(
    /1 picture is in another class there than here, and stays there, such as cats\/2\.png/,
  );
  const [found = {}] = jsonLines(again.stdout);
  expect(found).toMatchObject({ dataset, images: 4 });
  expect(Object(found.classes).map(({ images: count }: { images: number }) => count)).toEqual([1, 3]);
});

describe("--labels-from on a server", () => {
  const DAYS = ["monday/1.png", "monday/2.png", "tuesday/3.png", "tuesday/4.png"];
  const TABLE =
    "image,breed,mood\n1.png,tabby,good\n2.png,siamese,bad\n3.png,siamese,good\n4.png,tabby,good\n";

  itLong(
    "takes the classes of a table that lies elsewhere, and leaves those that folders gave to another data set",
    async () => {
      const days = await writeFiles("table/days", await pictures(41, ...DAYS));
      const table = join(await writeFiles("table", { "labels.csv": TABLE }), "labels.csv");
      expect(countsOf(await json(remote("inspect", days, "--json"))).map(({ label }) => label)).toEqual([
        ...["monday", "tuesday"],
      ]);
      const words = ["inspect", days, "--labels-from", `${table}:breed`, "--json"];
      const here = await json(local(...words));
      const there = await remote(...words);
      expect(there.stderr).toContain(
        'Its data set there is "days 2": "days" has these pictures in other classes.',
      );
      expect(there.stderr).toContain("the labels are read from labels.csv, column breed: 2 classes");
      const [found = {}] = jsonLines(there.stdout);
      expect(countsOf(found)).toEqual(countsOf(here));
      expect(countsOf(found).map(({ label }) => label)).toEqual(["siamese", "tabby"]);
      expect((await json(remote(...words))).dataset).toBe(found.dataset);
      // the other column is another set
      const moods = await json(remote("inspect", days, "--labels-from", `${table}:mood`, "--json"));
      expect(countsOf(moods).map(({ label }) => label)).toEqual(["bad", "good"]);
      expect(moods.dataset).not.toBe(found.dataset);
    },
  );

  it("takes a table of the folder itself by its path in it, and inner folders", async () => {
    const set = await writeFiles("inside/set", {
      ...(await pictures(51, "a/x/1.png", "a/y/2.png", "b/x/3.png", "b/y/4.png")),
      "notes/labels.csv": TABLE,
    });
    for (const from of [
      "notes/labels.csv:breed",
      join(set, "notes/labels.csv:mood"),
      "inner-folders",
      "folders",
    ]) {
      const words = ["inspect", set, "--labels-from", from, "--json"];
      const [here, there] = [await json(local(...words)), await json(remote(...words))];
      expect([from, countsOf(there)]).toEqual([from, countsOf(here)]);
    }
  });

  it("says what is wrong with a table, and makes no data set", async () => {
    const days = await writeFiles("wrong/nights", await pictures(61, ...DAYS));
    for (const from of ["nowhere.csv", join(days, "monday/1.png")]) {
      const { code, stderr } = await remote("inspect", days, "--labels-from", from);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^graft: /)]);
    }
    const named = await remote("inspect", "days", "--labels-from", "folders");
    expect([named.code, named.stderr]).toEqual([1, expect.stringContaining("are stored with it")]);
    const { items } = await api("/datasets");
    expect(Object(items).map(({ name }: { name: string }) => name)).not.toContain("nights");
  });
});

describe("a split on a server", () => {
  /** Hashes that are held back. */
  const heldBack = async (dataset: string): Promise<readonly string[]> => {
    const { items } = await api(`/datasets/${dataset}/images?limit=500`);
    const rows: readonly { hash: string; part: string }[] = Object(items);
    return rows
      .filter(({ part }) => part === "validation")
      .map(({ hash }) => hash)
      .sort();
  };

  itLong("is drawn anew for a data set that is there, as it is drawn here, and that is said", async () => {
    const emoji = join(folder, "split/emoji-set");
    await copyEmoji(emoji, 12);
    const { dataset } = await json(remote("inspect", emoji, "--json"));
    const words = ["train", emoji, ...FAST, "--epochs", "1", "--val-split", "0.4", "--seed", "7", "--json"];
    const there = await remote(...words);
    expect(there.code, there.stderr).toBe(0);
    expect(there.stderr).toMatch(
      /Note: the data set there was split anew: 40(\.0)? ?% held back, seed 7; \d+ pictures are on another side now\. Runs/,
    );
    const run = String(jsonLines((await done(local(...words))).stdout).at(-1)?.run);
    const split = JSON.parse(await readFile(join(home, "runs", run, "split.json"), "utf8"));
    expect(await heldBack(String(dataset))).toEqual([...split.validation].sort());
    // the same once more is no new split
    expect((await remote(...words)).stderr).not.toContain("split anew");
    for (const flags of [
      ["--val-split", "0.25", "--seed", "9"],
      ["--group-prefix", "--val-split", "0.3", "--seed", "9"],
    ]) {
      const inspect = ["inspect", emoji, ...flags, "--json"];
      const [here, now] = [await json(local(...inspect)), await json(remote(...inspect))];
      expect([flags, countsOf(now)]).toEqual([flags, countsOf(here)]);
    }
    const swept = await remote(...["lr-find", emoji, ...FAST, "--val-split", "0.5", "--seed", "9", "--json"]);
    expect([swept.code, swept.stderr]).toEqual([0, expect.stringContaining("split anew: 50")]);
  });
});

describe("graft datasets", () => {
  const lines = async (...words: string[]) =>
    jsonLines((await done(remote("datasets", ...words, "--json"))).stdout);
  let bea = "";

  beforeAll(async () => {
    const made = await api("/accounts", server.token, { name: "Bea", role: "member" });
    bea = String(made.secret);
    const { dataset } = await api("/datasets", bea, { name: "hers", classes: ["cats"] });
    await api("/datasets", bea, { name: "twins" });
    await api("/datasets", bea, { name: "twins" });
    expect(Object(dataset).name).toBe("hers");
    const pets = await pictures(71, "cats/1.png", "cats/2.png", "cats/3.png", "dogs/4.png", "dogs/5.png");
    await done(remote("inspect", await writeFiles("own/pets", pets)));
  });

  it("lists what there is, and whose for an admin", async () => {
    const all = await lines("list");
    expect(all.find(({ name }) => name === "pets")).toMatchObject({
      ...{ pictures: 5, classCount: 2, split: { kind: "drawn", fraction: 0.2 } },
    });
    const { stdout } = await done(remote("datasets", "list"));
    expect(stdout).toMatch(/data set +pictures +classes +size +split +owner +id/);
    expect(stdout).toMatch(/pets +5 +2 .*20\.0 % held back, seed \d+ .*admin/);
    expect(stdout).toMatch(/hers +0 +1 .*Bea/);
    const asBea = await done(graft(["datasets", "list", "--server", server.url, "--token", bea], home));
    expect(asBea.stdout).not.toMatch(/pets|owner/);
  });

  it("shows one by its name or its id, with its classes and sides", async () => {
    const [whole = {}] = await lines("show", "pets");
    expect(whole).toMatchObject({ name: "pets", pictures: 5 });
    const { stdout } = await done(remote("datasets", "show", String(whole.id)));
    expect(stdout).toMatch(/split +20\.0 % held back/);
    expect(stdout).toMatch(
      /class +train +validation +test +no side yet +left out +broken\ncats +\d +\d +0 +0 +0 +0/,
    );
    const nobody = await remote("datasets", "show", "nothing");
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("no such data set")]);
  });

  it("renames one, and gives it a new split", async () => {
    await done(remote("datasets", "rename", "pets", "animals"));
    const { stdout } = await done(
      remote("datasets", "split", "animals", "--val-split", "0.4", "--seed", "3"),
    );
    expect(stdout).toMatch(
      /animals has a new split: 40\.0 % held back, seed 3; \d+ pictures? (is|are) on another side/,
    );
    const [whole] = await lines("show", "animals");
    expect(whole).toMatchObject({ split: { fraction: 0.4, seed: 3, version: 2 } });
    const nothing = await remote("datasets", "split", "animals");
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("--val-split SHARE")]);
    const wrong = await remote("datasets", "split", "animals", "--val-split", "2");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("--val-split")]);
  });

  it("says what would go, and deletes it where that is wanted; a name of several it does not guess", async () => {
    await done(remote("train", "animals", ...FAST, "--epochs", "1"));
    const asked = await remote("datasets", "delete", "animals");
    expect(asked.code).toBe(1);
    expect(asked.stderr).toMatch(/animals: 5 pictures \(.*\) and 1 run with its model[\s\S]*--yes/);
    expect((await lines("show", "animals"))[0]).toMatchObject({ pictures: 5 });
    const typo = await remote("datasets", "delete", "animals", "animls", "--yes");
    expect([typo.code, typo.stderr]).toEqual([1, expect.stringContaining("animls")]);
    const gone = await done(remote("datasets", "delete", "animals", "--yes"));
    expect(gone.stdout).toMatch(/Deleted animals: 5 pictures/);
    expect((await lines("list")).map(({ name }) => name)).not.toContain("animals");

    const twins = await graft(
      ["datasets", "delete", "twins", "--yes", "--server", server.url, "--token", bea],
      home,
    );
    expect([twins.code, twins.stderr]).toEqual([1, expect.stringMatching(/2 data sets .* are called twins/)]);
  });

  it.each([
    ["list", [], "where you put them"],
    ["show", ["pets"], "graft inspect FOLDER"],
    ["rename", ["pets", "animals"], "rename the folder"],
    ["split", ["pets", "--seed", "3"], "graft train FOLDER"],
    ["delete", ["pets", "--yes"], "delete the folder"],
  ])("%s says what to do without a server", async (command, words, instead) => {
    const { code, stderr } = await local("datasets", command, ...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(instead)]);
  });
});
