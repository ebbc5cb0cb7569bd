import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { itLong } from "../long.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, startGraft, temporaryFolder } from "./run-graft.ts";
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
  // two trainings and a server's start, also on a machine that does much else
}, 300_000);

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

describe("graft export of a server's model", () => {
  const model = (): string => join(home, "model");
  beforeAll(async () => {
    const brought = await remote("runs", "follow", there, "--out", model());
    if (brought.code !== 0) throw new Error(brought.stderr);
  });

  /** All files of an export, by their names. */
  async function filesOf(path: string): Promise<Readonly<Record<string, string>>> {
    const isFolder = (await stat(path)).isDirectory();
    const names = isFolder ? (await readdir(path, { recursive: true })).sort() : ["", ".json"];
    const hashes = names.map(async (name) => {
      const bytes = await readFile(isFolder ? join(path, name) : `${path}${name}`);
      return [name, createHash("sha256").update(bytes).digest("hex")] as const;
    });
    return Object.fromEntries(await Promise.all(hashes));
  }

  it.each([
    ["tfjs", "tfjs"],
    ["h5", "m.h5"],
    ["onnx", "m.onnx"],
    ["python", "python"],
  ])("brings %s here, byte for byte what an export here gives", async (format, name) => {
    const words = (folder: string) => ["--format", format, "--out", join(home, folder, name), "--json"];
    const ours = await local("export", model(), "--data", photos, ...words("here"));
    const theirs = await remote("export", there, ...words("there"));
    expect(theirs.code, theirs.stderr).toBe(0);
    const [said = {}, expected = {}] = [jsonLines(theirs.stdout)[0], jsonLines(ours.stdout)[0]];
    expect(Object.keys(said)).toEqual(Object.keys(expected));
    expect([said.format, said.labels, said.output]).toEqual([format, expected.labels, expected.output]);
    const [brought, made] = await Promise.all(["there", "here"].map((at) => filesOf(join(home, at, name))));
    // HDF5 notes when its groups were made
    if (format === "h5") expect(brought?.[".json"]).toBe(made?.[".json"]);
    else expect(brought).toEqual(made);
    // nothing of the download is left
    expect((await readdir(join(home, "there"))).filter((one) => one.includes("download"))).toEqual([]);
  });

  it("brings int8 with what it costs, and says it as text", async () => {
    const out = join(home, "small.onnx");
    const { code, stdout, stderr } = await remote("export", there, "--format", "onnx-int8", "--out", out);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/Calibrated on \d+ images; read again and compared on .*: the same label for/);
    expect((await stat(out)).size).toBeGreaterThan(1e5);
    const again = await remote("export", there, "--format", "onnx-int8", "--out", out);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("--force")]);
  });

  it("goes on with a download that broke off", async () => {
    const out = join(home, "resumed.onnx");
    const words = ["export", there, "--format", "onnx", "--out", out];
    expect((await remote(...words)).code).toBe(0);
    const whole = await readFile(out);
    // as a kill leaves it: the beginning under the name that it has while it comes
    const begun = `${out}.download`;
    await mkdir(begun);
    const hash = createHash("sha256").update(whole).digest("hex");
    const url = `${server.url}/api/v1/runs/${there}/files/exports/onnx/model.onnx`;
    await writeFile(join(begun, `${hash}.part`), whole.subarray(0, 200_000));
    await writeFile(join(begun, `${hash}.part.json`), JSON.stringify({ url, validator: `"${hash}"` }));
    await writeFile(join(begun, `${"0".repeat(64)}.part`), "of another time");
    expect((await remote(...words, "--force")).code).toBe(0);
    expect((await readFile(out)).equals(whole)).toBe(true);
    expect((await readdir(home)).filter((name) => name.startsWith("resumed")).sort()).toEqual([
      ...["resumed.onnx", "resumed.onnx.json"],
    ]);
  });

  it("says what it cannot do", async () => {
    const words = ["--format", "onnx", "--out", join(home, "x.onnx")];
    const data = await remote("export", there, ...words, "--data", photos);
    expect([data.code, data.stderr]).toEqual([2, expect.stringMatching(/^graft: --data: /)]);
    const nobody = await remote("export", "nobody", ...words);
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("no such run")]);
  });
});

describe("graft predict by a server's model", () => {
  const model = (): string => join(home, "asked-model");
  beforeAll(async () => {
    const brought = await remote("runs", "follow", there, "--out", model());
    if (brought.code !== 0) throw new Error(brought.stderr);
  });

  it("draws the heat maps that are drawn here, and answers as without", async () => {
    const at = (name: string): string => join(home, name);
    const ask = async (how: typeof local, of: string, folder: string) => {
      const { code, stdout, stderr } = await how("predict", of, others, "--heatmap", at(folder), "--json");
      expect([code, stderr]).toEqual([0, expect.stringContaining(`Heat maps: 10 in ${at(folder)}`)]);
      return jsonLines(stdout);
    };
    const [ours, theirs] = [await ask(local, model(), "maps-here"), await ask(remote, there, "maps-there")];
    const named = (answers: typeof ours) =>
      answers.map(({ image, label, heatmap }) => [image, label, String(heatmap).replace("-there", "-here")]);
    expect(named(theirs)).toEqual(named(ours));
    const names = await readdir(at("maps-here"));
    expect(names).toHaveLength(10);
    expect((await readdir(at("maps-there"))).sort()).toEqual([...names].sort());
    for (const name of names) {
      const [mine, other] = await Promise.all(
        ["maps-here", "maps-there"].map(async (folder) =>
          sharp(await readFile(join(at(folder), name)))
            .raw()
            .toBuffer(),
        ),
      );
      // a batch of another size gives other last bits, which may round a pixel otherwise
      const furthest = mine?.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (other?.[i] ?? 999))),
        0,
      );
      expect([name, furthest]).toEqual([name, expect.toSatisfy((by: number) => by <= 2)]);
    }
    const again = await remote("predict", there, others, "--heatmap", at("maps-there"));
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("--force")]);
    const inside = await remote("predict", there, others, "--heatmap", join(others, "animal"));
    expect([inside.code, inside.stderr]).toEqual([1, expect.stringContaining("Choose another folder")]);
  });

  it("tells of a broken picture in its place, and goes on", async () => {
    const some = join(home, "some");
    await mkdir(some);
    const [picture = ""] = await readdir(join(photos, "animal"));
    await copyFile(join(photos, "animal", picture), join(some, "whole.webp"));
    await writeFile(join(some, "cut.png"), "\x89PNG\r\n\x1a\n");
    const words = [join(some, "cut.png"), join(some, "whole.webp"), "--json"];
    const [ours, theirs] = [
      await local("predict", model(), ...words),
      await remote("predict", there, ...words),
    ];
    expect([theirs.code, theirs.stderr]).toEqual([ours.code, ours.stderr]);
    expect(plainJson(`[${theirs.stdout.trim().replaceAll("\n", ",")}]`)).toEqual(
      plainJson(`[${ours.stdout.trim().replaceAll("\n", ",")}]`),
    );
    expect(theirs.code).toBe(1);
  });
});

it("answers a token that asks models alone, as it answers its maker", async () => {
  const words = ["predict", there, join(photos, "animal"), "--json"];
  const made = await fetch(`${server.url}/api/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "camera", role: "predict", runs: [there] }),
  });
  const { secret } = z.object({ secret: z.string() }).parse(await made.json());
  const camera = await graft([...words, "--server", server.url, "--token", secret], home);
  expect([camera.code, camera.stderr]).toEqual([0, ""]);
  expect(camera.stdout).toBe((await remote(...words)).stdout);
  expect(jsonLines(camera.stdout)).toHaveLength(14);
});

itLong(
  "prints what came, waits and goes on, where a token allows fewer pictures a minute than there are",
  async () => {
    const made = await fetch(`${server.url}/api/v1/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "slow camera", role: "predict", runs: [there], perMinute: 12 }),
    });
    const { secret } = z.object({ secret: z.string() }).parse(await made.json());
    const words = ["predict", there, join(photos, "animal"), "--json"];
    const slow = startGraft([...words, "--server", server.url, "--token", secret], home);
    await slow.waitFor(/This token allows 12 pictures a minute\. Waiting \d+ s, then going on/);
    await slow.waitFor(/^(\{.*\}\n){8,13}$/);
    const { code, stdout, stderr } = await slow.done;
    expect(code).toBe(0);
    expect(stdout).toBe((await remote(...words)).stdout);
    expect(stderr.match(/Waiting/g)).toHaveLength(1);
  },
  120_000,
);
