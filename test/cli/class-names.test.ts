import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type GraftResult, graft, jsonLines, SMALL_TRUNK, temporaryFolder } from "./run-graft.ts";

/** In the order of the labels: names by which an object of JavaScript would sort, or which it has already. */
const NAMES = ["1", "10", "2", "__proto__", "constructor", "toString"];
const EMOJI = join(import.meta.dirname, "../../packages/core/assets/emoji/food");
const IMAGES = 7;

/** Lays images into a folder for each name. */
async function fillSet(set: string, names: readonly string[]): Promise<void> {
  const images = (await readdir(EMOJI)).sort();
  for (const [i, name] of names.entries()) {
    await mkdir(join(set, name), { recursive: true });
    for (const image of images.slice(IMAGES * i, IMAGES * (i + 1)))
      await cp(join(EMOJI, image), join(set, name, image));
  }
}

/** The members of the object that follows `key` in a line of JSON, in the order of the text. */
function keysInText(line: string, key: string): string[] {
  const text =
    new RegExp(`"${key}":\\{(.*?)\\}+[,}]`).exec(line.replaceAll(/\{"images"[^}]*\}/g, "0"))?.[1] ?? "";
  return [...text.matchAll(/"([^"]+)":/g)].map(([, name]) => name ?? "");
}

describe("classes whose names are whole numbers or words of JavaScript", () => {
  let home = "";
  let set = "";
  let model = "";
  let trained: GraftResult;
  beforeAll(async () => {
    home = await temporaryFolder("class-names");
    [set, model] = [join(home, "set"), join(home, "model")];
    await fillSet(set, NAMES);
    trained = await graft(["train", set, ...SMALL_TRUNK, "--epochs", "1", "--out", model], home);
  }, 60_000);

  /** The first cell of each row of the table of confusions, and the counts. */
  function confusionIn(text: string): { head: string[]; rows: string[]; counts: number[][] } {
    const lines = text
      .slice(text.indexOf("true \\ said"))
      .split("\n")
      .slice(0, NAMES.length + 1);
    const [head = [], ...rows] = lines.map((line) => line.trim().split(/ {2,}/));
    return {
      head: head.slice(1),
      rows: rows.map(([name = ""]) => name),
      counts: rows.map((row) => row.slice(1).map(Number)),
    };
  }

  it("are trained, and the summary's tables stand under their names", () => {
    expect(trained.code, trained.stderr).toBe(0);
    expect(confusionIn(trained.stdout)).toMatchObject({ head: NAMES, rows: NAMES });
  });

  it("keep their order in all that evaluate says", async () => {
    const page = join(home, "page.html");
    const words = ["evaluate", model, set, "--split", "all"];
    const text = await graft([...words, "--report", page], home);
    const json = await graft([...words, "--json"], home);
    const [said] = jsonLines(json.stdout);
    expect(said?.labels).toEqual(NAMES);
    expect(keysInText(json.stdout, "perClass")).toEqual(NAMES);
    const table = confusionIn(text.stdout);
    expect(table).toMatchObject({ head: NAMES, rows: NAMES });
    expect(table.counts).toEqual(said?.confusion);
    const html = await readFile(page, "utf8");
    const heads = [...html.matchAll(/<th scope="row">(.*?)<\/th>/g)].map(([, name]) => name);
    expect(heads).toEqual([...NAMES, ...NAMES]);
  });

  it("keep it in what predict says", async () => {
    const [json, csv] = await Promise.all(
      ["--json", "--csv"].map((form) => graft(["predict", model, join(set, "10"), form], home)),
    );
    const [first = ""] = (json?.stdout ?? "").split("\n");
    expect(keysInText(first, "scores")).toEqual(NAMES);
    const [head = "", row = ""] = (csv?.stdout ?? "").split("\n");
    expect(head).toBe(["image", "label", "score", ...NAMES, "error"].join(","));
    const scores: unknown = jsonLines(json?.stdout ?? "")[0]?.scores;
    expect(scores).toMatchObject(
      Object.fromEntries(
        row
          .split(",")
          .slice(3, -1)
          .map((p, i) => [NAMES[i], Number(p)]),
      ),
    );
  });
});

describe("classes whose names say that a flip undoes what they differ by", () => {
  it("are told of when the training mirrors images, with what to type", async () => {
    const home = await temporaryFolder("flip");
    const set = join(home, "set");
    await fillSet(set, ["turn_left", "turn_right"]);
    const words = ["train", set, ...SMALL_TRUNK, "--epochs", "1", "--variants", "1"];
    const mirrored = await graft([...words, "--augment"], home);
    expect(mirrored.code, mirrored.stderr).toBe(0);
    expect(mirrored.stderr).toMatch(
      /^Note: the classes turn_left and turn_right look alike once a flip mirrors their images.*--no-flip.*--no-augment/m,
    );
    for (const more of [["--augment", "--no-flip"], []]) {
      const plain = await graft([...words, ...more], home);
      expect(plain.code, plain.stderr).toBe(0);
      expect(plain.stderr).not.toContain("flip");
    }
  });
});
