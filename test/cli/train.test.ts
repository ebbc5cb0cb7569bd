import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseNpy } from "@graft/core";
import { writeNpy } from "@graft/core/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { copyPhotos, graft, jsonLines, photos, temporaryFolder } from "./run-graft.ts";

let home = "";
let set = "";
let out = "";
beforeAll(async () => {
  home = await temporaryFolder("train");
  set = join(home, "my photos");
  out = join(home, "models", "cats and dogs");
});

// each test goes on where the one before ended, as a person does
describe.skipIf(photos === undefined)(
  "from a folder of photos to answers",
  { sequential: true } as const,
  () => {
    const train = (...words: string[]) => graft(["train", set, "--weights", "bundled", ...words], home);

    beforeAll(() => copyPhotos(set, 20));

    it("trains, shows the course and the result, and names the next command", async () => {
      const { code, stdout, stderr } = await train("--out", out);
      expect(code).toBe(0);
      expect(stderr).toMatch(/Epoch +1\/20 /);
      expect(stdout).toMatch(/true \\ said/);
      expect(stdout).toContain(out);
      expect(stdout).toMatch(/predict .*cats and dogs/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be in a pipe
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
      expect(existsSync(join(out, "graft.json"))).toBe(true);
    });

    it("refuses to write over a model before it does any work, unless forced", async () => {
      const refused = await train("--out", out, "--json");
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toContain("--force");
      const forced = await train("--out", out, "--force", "--epochs", "2");
      expect(forced.code).toBe(0);
    });

    it("with --json writes events and nothing else, the second time from the cache", async () => {
      const { code, stdout } = await train("--json", "--epochs", "3");
      const events = jsonLines(stdout);
      expect(code).toBe(0);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
      expect(new Set(events.map(({ run }) => run)).size).toBe(1);
      const start = events.find(({ type }) => type === "run-start");
      expect(start).toMatchObject({ labels: ["cats", "dogs"], images: { train: 32 } });
      expect(events[0]).toMatchObject({ type: "phase-start", phase: "scan" });
      expect(events.filter(({ type }) => type === "epoch-end").map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect(events.at(-1)).toMatchObject({
        type: "run-end",
        status: "completed",
        epochs: 3,
        metrics: { valAccuracy: expect.any(Number) },
        model: expect.any(String),
      });
    });

    it("lists and shows runs, and takes a run for a model", async () => {
      const { stdout } = await graft(["runs", "list", "--json"], home);
      const runs = jsonLines(stdout);
      expect(runs).toHaveLength(3);
      const id = String(runs[0]?.id);
      const shown = await graft(["runs", "show", id], home);
      expect(shown.stdout).toContain("completed");
      expect(shown.stdout).toContain(set);
      const evaluated = await graft(["evaluate", id, set, "--json"], home);
      expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ images: 8 });
    });

    it("evaluates on the stored split, and says when images were seen in training", async () => {
      const unseen = await graft(["evaluate", out, set], home);
      expect(unseen.code).toBe(0);
      expect(unseen.stdout).toMatch(/8 images/);
      expect(unseen.stdout + unseen.stderr).toMatch(/validation/);
      const all = await graft(["evaluate", out, set, "--split", "all", "--json"], home);
      const [result] = jsonLines(all.stdout);
      expect(result).toMatchObject({
        images: 40,
        accuracy: expect.any(Number),
        loss: expect.any(Number),
        perClass: { cats: { images: 20 }, dogs: { images: 20 } },
      });
      expect(all.stderr).toMatch(/32 .*seen in training/);
    });

    it("predicts image by image, reports a broken one in its place, and exits with 1", async () => {
      const broken = join(home, "broken.jpg");
      await writeFile(broken, "text");
      const images = [join(set, "cats", "cat.1.jpg"), broken, join(set, "dogs")];
      const json = await graft(["predict", out, ...images, "--json"], home);
      const answers = jsonLines(json.stdout);
      expect(json.code).toBe(1);
      expect(answers).toHaveLength(22);
      expect(answers[1]).toMatchObject({ image: broken, error: { code: "bad-input" } });
      expect(answers[0]).toMatchObject({ image: images[0], label: expect.stringMatching(/^(cats|dogs)$/) });
      const scores = Object.values(Object(answers[0]?.scores)).map(Number);
      expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);

      const table = await graft(["predict", out, ...images.slice(0, 2)], home);
      expect(table.stdout.split("\n")[2]).toMatch(/broken\.jpg +not usable/);
      const csv = await graft(["predict", out, String(images[0]), "--csv"], home);
      expect(csv.stdout.split("\n")[0]).toBe("image,label,score,cats,dogs,error");
      expect(csv.code).toBe(0);
    });

    it("writes features that NumPy reads, from photos and from an array", async () => {
      const file = join(home, "features.npy");
      const pooled = await graft(["features", set, "--out", file, "--weights", "bundled"], home);
      expect(pooled.code).toBe(0);
      expect(parseNpy(await readFile(file)).shape).toEqual([40, 768]);
      const beside: unknown = JSON.parse(await readFile(join(home, "features.json"), "utf8"));
      expect(beside).toMatchObject({ labels: ["cats", "dogs"], images: { length: 40 } });
      const again = await graft(["features", set, "--out", file, "--weights", "bundled"], home);
      expect(again).toMatchObject({ code: 1 });

      const images = join(home, "images.npy");
      const data = new Uint8Array(3 * 75 * 75 * 3).fill(100);
      await writeFile(images, writeNpy({ shape: [3, 75, 75, 3], data }));
      const words = ["features", images, "--out", file, "--force", "--pool", "none", "--weights", "bundled"];
      const blocks = await graft([...words, "--cut", "mixed2"], home);
      expect(blocks.code).toBe(0);
      expect(parseNpy(await readFile(file)).shape).toEqual([3, 7, 7, 288]);
    });

    it("shows and empties the cache", async () => {
      const before = await graft(["cache", "show", "--json"], home);
      expect(Number(jsonLines(before.stdout)[0]?.bytes)).toBeGreaterThan(0);
      expect((await graft(["cache", "prune", "--max-bytes", "1GB"], home)).code).toBe(0);
      expect((await graft(["cache", "prune"], home)).code).toBe(0);
      const after = await graft(["cache", "show", "--json"], home);
      expect(jsonLines(after.stdout)[0]).toMatchObject({ bytes: 0 });
    });

    it("deletes runs", async () => {
      const ids = jsonLines((await graft(["runs", "list", "--json"], home)).stdout).map(({ id }) =>
        String(id),
      );
      expect((await graft(["runs", "delete", ...ids], home)).code).toBe(0);
      expect((await graft(["runs", "list", "--json"], home)).stdout).toBe("");
      expect(existsSync(out)).toBe(true);
    });

    it("refuses a home that cannot be made", async () => {
      const file = join(home, "a file");
      await mkdir(home, { recursive: true });
      await writeFile(file, "");
      const { code, stderr } = await graft(["train", set, "--weights", "bundled"], join(file, "home"));
      expect(code).toBe(1);
      expect(stderr).not.toMatch(/^ {4}at /m);
    });
  },
);
