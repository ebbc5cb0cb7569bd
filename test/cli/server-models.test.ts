import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

/** One training done here and on a server: commands that ask the model say the same of both. */
let server: ServedGraft;
let home = "";
let photos = "";
let others = "";
/** Run ids. */
let here = "";
let there = "";

const FAST = ["--weights", "bundled", "--size", "75", "--cut", "mixed0", "--backend", "onnx:cpu"];
const ENV = { GRAFT_BACKEND: "onnx:cpu" } as const;

const local = (...words: string[]) => graft([...words, "--local"], home, { env: ENV });
const remote = (...words: string[]) =>
  graft([...words, "--server", server.url, "--token", server.token], home, { env: ENV });

async function trained(how: typeof local): Promise<string> {
  const { code, stdout, stderr } = await how("train", photos, ...FAST, "--epochs", "2", "--json");
  if (code !== 0) throw new Error(stderr);
  return String(jsonLines(stdout).at(-1)?.run);
}

beforeAll(async () => {
  const folder = await temporaryFolder("cli-server-models");
  photos = join(folder, "photos");
  others = join(folder, "others");
  await copyEmoji(photos, 14);
  await copyEmoji(others, 5);
  home = join(folder, "home");
  server = await serveGraft(join(folder, "server"));
  here = await trained(local);
  there = await trained(remote);
});

afterAll(() => server.stop());

/** Features from the cache of a training are a little rounded, and a server keeps none for an evaluation. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(6)) : value;
const plainJson = (text: string): unknown => JSON.parse(text, rounded);

/** The first line of a page's differences is of the run and the machine. */
const withoutIds = (text: string): string => text.replaceAll(here, "RUN").replaceAll(there, "RUN");

describe("graft evaluate by a server's model", () => {
  it("says what it says here, of the pictures that the training held back", async () => {
    const [ours, theirs] = [await local("evaluate", here, photos), await remote("evaluate", there, photos)];
    expect(theirs.code).toBe(0);
    expect(theirs.stdout).toBe(ours.stdout);
    expect(theirs.stdout).toContain("accuracy");
    // what travels is said, and nothing did
    const [sent = "", ...notes] = theirs.stderr.split("\n");
    expect(sent).toMatch(/^Sent 0 files; the server had \d+ already\.$/);
    expect(notes.join("\n")).toBe(ours.stderr);
    expect(ours.stderr).toContain("validation images of the split that the model was trained with");
  });

  it("says the same as JSON, and writes the same page", async () => {
    const ask = async (how: typeof local, run: string, name: string) => {
      const report = join(home, name);
      const { stdout } = await how("evaluate", run, photos, "--json", "--split-gap", "--report", report);
      const { report: _, ...said } = Object(plainJson(stdout));
      return { said, page: await readFile(report, "utf8") };
    };
    const ours = await ask(local, here, "here.html");
    const theirs = await ask(remote, there, "there.html");
    expect(theirs.said).toEqual(ours.said);
    expect(theirs.said).toMatchObject({ splitGap: { draws: 3 }, part: "validation" });
    // a model names when it was made
    const plain = ({ page }: typeof ours): string =>
      withoutIds(page).replace(/model made [^<]*/, "model made");
    expect(plain(theirs)).toBe(plain(ours));
    expect(theirs.page).toContain("<polyline");
  });

  it("takes other pictures, of which the server keeps none", async () => {
    const sets = async () => (await remote("runs", "list", "--json")).stdout;
    const before = await sets();
    const words = ["--split", "all", "--precision-target", "50%", "--json"];
    const theirs = await remote("evaluate", there, others, ...words);
    expect(plainJson(theirs.stdout)).toEqual(
      plainJson((await local("evaluate", here, others, ...words)).stdout),
    );
    expect(await sets()).toBe(before);
  });

  it("takes a data set of the server by its name", async () => {
    const theirs = await remote("evaluate", there, "photos", "--json");
    expect(jsonLines(theirs.stdout)[0]).toMatchObject({ part: "validation", seenInTraining: 0 });
  });

  it("says what it cannot take", async () => {
    const nothing = await remote("evaluate", there, join(home, "nothing"));
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining("nothing")]);
    const folder = await remote("evaluate", "./model", photos);
    expect([folder.code, folder.stderr]).toEqual([1, expect.stringContaining("--local")]);
    const part = await remote("evaluate", there, photos, "--split", "test");
    expect([part.code, part.stderr]).toEqual([1, expect.stringContaining("has no test part")]);
    const engine = await remote("evaluate", there, photos, "--backend", "cpu");
    expect([engine.code, engine.stderr]).toEqual([2, expect.stringMatching(/^graft: --backend: /)]);
  });
});
