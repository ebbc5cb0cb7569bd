import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeModelFolder } from "@graft/core/node";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

const hasPipes = process.platform !== "win32";
/** Names that Windows does not take hold what a terminal would obey. */
const ODD = hasPipes ? 'odd,"\n\u001b[31m\u202e' : "odd";

let home = "";
let model = "";
let photos = "";
beforeAll(async () => {
  home = await temporaryFolder("predict");
  photos = join(home, "photos");
  await mkdir(join(photos, "deep"), { recursive: true });
  for (const [seed, name] of ["a.png", "deep/no ending", `${ODD}.png`].entries())
    await writeFile(join(photos, name), await picture(seed));
  await writeFile(join(photos, "letter.jpg"), "text");
  await writeFile(join(photos, "notes.txt"), "text");
  if (hasPipes) {
    execFileSync("mkfifo", [join(photos, "pipe.jpg")]);
    await symlink("..", join(photos, "deep", "loop"));
    await symlink("/etc", join(photos, "etc"));
  }
  const options = { weights: randomWeights("mixed0"), recipe: "gap", cut: "mixed0", size: 75 } as const;
  const labels = ["cats\n\u001b[2J", "dogs,\u202e"];
  model = await writeModelFolder(sampleModel({ ...options, labels }), join(home, "model"));
});

describe("a folder of files of all kinds", () => {
  it("is predicted: images by what they hold, broken ones in their place, the others with their reason", async () => {
    const { code, stdout, stderr } = await graft(["predict", model, photos, "--json"], home);
    const answers = jsonLines(stdout);
    const names = ["a.png", "deep/no ending", "letter.jpg", `${ODD}.png`];
    expect(answers.map(({ image }) => image)).toEqual(names.map((name) => join(photos, name)));
    expect(answers.map((answer) => "error" in answer)).toEqual([false, false, true, false]);
    expect(Object.keys(Object(answers[0]?.scores))).toEqual(["cats\n\u001b[2J", "dogs,\u202e"]);
    expect(stderr).toMatch(
      hasPipes ? /Note: 4 passed over: .*notes\.txt \(not an image\) and 1 more/ : /notes\.txt/,
    );
    expect(stderr).toContain("1 of 4 images could not be used");
    expect(code).toBe(1);
  });

  it("shows people names that a terminal does not obey", async () => {
    const { stdout, stderr } = await graft(["predict", model, photos], home);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    expect(stdout.trimEnd().split("\n")).toHaveLength(5);
    expect(stdout).toContain("cats\\n\\x1b[2J");
    if (hasPipes) expect(stdout).toContain('odd,"\\n\\x1b[31m\\u202e.png');
  });

  it("says that it is not sure below the score that the model brings, unless another is wanted", async () => {
    const options = { weights: randomWeights("mixed0"), recipe: "gap", cut: "mixed0", size: 75 } as const;
    const sample = sampleModel({ ...options, labels: ["cat", "dog"], notSureBelow: 1 });
    const folder = await writeModelFolder(sample, join(home, "unsure"));
    const image = join(photos, "a.png");
    const own = await graft(["predict", folder, image, "--json"], home);
    expect(jsonLines(own.stdout)).toMatchObject([{ sure: false }]);
    const always = await graft(["predict", folder, image, "--not-sure-below", "0.1", "--json"], home);
    expect(jsonLines(always.stdout)).toMatchObject([{ sure: true }]);
  });

  it("says that it is not sure below the wanted score, in every form", async () => {
    const image = join(photos, "a.png");
    const ask = async (...flags: string[]): Promise<string> => {
      const { stdout, stderr, code } = await graft(["predict", model, image, ...flags], home);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const [answer] = jsonLines(await ask("--json", "--not-sure-below", "100%"));
    expect(answer).toMatchObject({ sure: false, label: expect.stringMatching(/cats|dogs/) });
    expect(jsonLines(await ask("--json", "--not-sure-below", "0.5"))[0]).toMatchObject({ sure: true });
    expect(jsonLines(await ask("--json"))[0]).not.toHaveProperty("sure");
    expect(await ask("--csv", "--not-sure-below", "1")).toContain(",not sure,");
    expect(await ask("--not-sure-below", "1")).toMatch(
      /not sure\s+-\s.*cats.* %, .*dogs|not sure\s+-\s.*dogs.* %, .*cats/,
    );
    const { code, stderr } = await graft(["predict", model, image, "--not-sure-below", "7"], home);
    expect(code).toBe(2);
    expect(stderr).toContain("Expected a share above 0 and at most 1");
  });

  it("writes names into CSV as they are, quoted where its rules ask for it", async () => {
    const { stdout } = await graft(["predict", model, join(photos, `${ODD}.png`), "--csv"], home);
    const [head, rest] = ['image,label,score,"cats\n\u001b[2J","dogs,\u202e",error\n', stdout];
    expect(rest.startsWith(head)).toBe(true);
    const name = join(photos, `${ODD}.png`);
    const cell = hasPipes ? `"${name.replaceAll('"', '""')}"` : name;
    expect(rest.slice(head.length).startsWith(`${cell},`)).toBe(true);
  });
});

describe.skipIf(!hasPipes)(`a pipe${hasPipes ? "" : " (skipped: Windows has other ones)"}`, () => {
  it("is refused by its name, not waited for", async () => {
    const { code, stderr } = await graft(["predict", model, join(photos, "pipe.jpg")], home);
    expect(stderr).toMatch(/Neither a file nor a folder.*pipe\.jpg/);
    expect(code).toBe(1);
  });
});
