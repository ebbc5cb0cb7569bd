import { cp, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { itLong } from "../long.ts";
import { graft, jsonLines, photos, SMALL_TRUNK, temporaryFolder } from "./run-graft.ts";

const TRAIN = [...SMALL_TRUNK, "--epochs", "1", "--json"] as const;

let home = "";
let sets = "";
beforeAll(async () => {
  home = await temporaryFolder("layouts");
  sets = join(home, "sets");
});

/** Copies photos to places: {"train/cat.0.jpg": ["cats", 0]}. */
async function write(
  name: string,
  places: Readonly<Record<string, readonly [string, number]>>,
): Promise<string> {
  for (const [path, [label, at]] of Object.entries(places)) {
    const names = (await readdir(join(photos ?? "", label))).sort();
    const target = join(sets, name, path);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(photos ?? "", label, names[at] ?? ""), target);
  }
  return join(sets, name);
}

/** Eight photos of each class under names that `nameOf` makes. */
const each = (nameOf: (label: string, at: number) => string) =>
  Object.fromEntries(
    ["cat", "dog"].flatMap((label) =>
      Array.from({ length: 8 }, (_, at) => [nameOf(label, at), [`${label}s`, at] as const]),
    ),
  );

const notesIn = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => line.startsWith("Note: ") && !line.includes("fewer than"));

describe.skipIf(photos === undefined)("a data set of another layout (needs ../shared)", () => {
  it("with labels in its names trains, and four commands say the same of it", async () => {
    const set = await write(
      "names",
      each((label, at) => `${at % 4 === 3 ? "valid" : "train"}/${label}.${at}.jpg`),
    );
    const said = "Note: the labels are read from the file names (train/cat.0.jpg: cat): cat, dog";
    const model = join(home, "names-model");
    const trained = await graft(["train", set, ...TRAIN, "--out", model], home);
    expect(trained.code).toBe(0);
    expect(notesIn(trained.stderr)).toContain(said);
    const evaluated = await graft(["evaluate", model, set, "--json"], home);
    expect(notesIn(evaluated.stderr)).toContain(said);
    expect(jsonLines(evaluated.stdout)[0]).toMatchObject({
      labels: ["cat", "dog"],
      images: 4,
      part: "validation",
    });
    const rows = await graft(["features", set, ...SMALL_TRUNK, "--out", join(home, "f.npy"), "--json"], home);
    expect(notesIn(rows.stderr)).toContain(said);
    const inspected = await graft(["inspect", set], home);
    expect(inspected.stdout).toContain(said.replace("Note: ", ""));
  });

  itLong(
    "that hides the classes inside is refused with a command; the command trains, and evaluates the same",
    async () => {
      const set = await write(
        "cameras",
        each((label, at) => `${at % 2 ? "phone" : "mirror"}/${label}/${at}.jpg`),
      );
      const refused = await graft(["train", set, ...TRAIN], home);
      expect(refused.code).toBe(1);
      const told = { type: "run-end", status: "failed", epochs: 0, error: { code: "bad-input" } };
      expect(jsonLines(refused.stdout).at(-1)).toMatchObject(told);
      expect(refused.stderr).toContain("mirror, phone hold the same folders (cat, dog)");
      const model = join(home, "cameras-model");
      const trained = await graft(
        ["train", set, ...TRAIN, "--labels-from", "inner-folders", "--out", model],
        home,
      );
      expect(trained.code).toBe(0);
      // the run knows how its own data set is read
      const evaluated = await graft(["evaluate", model, set, "--json", "--split", "all"], home);
      expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ labels: ["cat", "dog"], images: 16 });
    },
  );

  it("of one class, or of a folder that is called as one, is evaluated in the model's labels", async () => {
    const set = await write(
      "two",
      each((label, at) => `${label}/${at}.jpg`),
    );
    const model = join(home, "two-model");
    expect((await graft(["train", set, ...TRAIN, "--out", model], home)).code).toBe(0);
    const one = await write("one", { "dog/a.jpg": ["dogs", 9], "dog/b.jpg": ["dogs", 10] });
    for (const folder of [one, join(one, "dog")]) {
      const { code, stdout } = await graft(["evaluate", model, folder, "--json"], home);
      expect(code).toBe(0);
      expect(jsonLines(stdout)[0]).toMatchObject({ labels: ["cat", "dog"], images: 2 });
    }
  });

  it("called as a known set is asked about: ./emoji for the folder", async () => {
    await write(
      "here/emoji",
      each((label, at) => `${label}/${at}.jpg`),
    );
    const cwd = join(sets, "here");
    for (const words of [
      ["train", "emoji"],
      ["inspect", "emoji"],
      ["features", "emoji", "--out", "f.npy"],
      ["sweep", "emoji"],
    ]) {
      const { code, stderr } = await graft(words, home, { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain("emoji is both a folder or file here and a known set");
    }
    const { code, stdout } = await graft(["inspect", "./emoji", "--json"], home, { cwd });
    expect([code, jsonLines(stdout)[0]?.images]).toEqual([0, 16]);
  });
});
