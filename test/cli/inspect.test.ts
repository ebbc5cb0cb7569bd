import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

const takesControls = process.platform !== "win32";
/** More conflicts than a list shows. */
const PICTURES = 23;

let home = "";
let set = "";
beforeAll(async () => {
  home = await temporaryFolder("inspect");
  set = join(home, "same");
  for (const label of ["cats", "dogs"]) {
    await mkdir(join(set, label), { recursive: true });
    for (let seed = 0; seed < PICTURES; seed++)
      await writeFile(join(set, label, `${seed}.png`), await picture(seed));
  }
});

describe("a data set whose classes hold the same pictures", () => {
  it("is reported whole, with the paths, and refused after that", async () => {
    const { code, stdout, stderr } = await graft(["inspect", set], home);
    expect(stdout).toMatch(/46 images \(23 different\) of 2 classes/);
    expect(stdout).toMatch(/^class +images +different$/m);
    expect(stdout).toContain("One picture under two labels (23):");
    expect(stdout).toContain("cats/0.png (cats) = dogs/0.png (dogs)");
    expect(stdout).toContain("and 3 more (--json lists all)");
    expect(stderr).toMatch(/no training image of cats, dogs: 23 pictures lie under two classes/);
    expect(code).toBe(1);
  });

  it("is reported as JSON, with every conflict and no split", async () => {
    const { code, stdout } = await graft(["inspect", set, "--json"], home);
    const [report] = jsonLines(stdout);
    expect(report).toMatchObject({ split: null, conflicts: { length: PICTURES } });
    expect(code).toBe(1);
  });

  it("is not trained on: the refusal names a few pairs and what to do", async () => {
    const { code, stdout, stderr } = await graft(["train", set, "--weights", "bundled"], home);
    expect(stderr).toMatch(/cats\/0\.png = dogs\/0\.png, .* and 20 more\..*remove its other copies.*inspect/);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });
});

describe.skipIf(!takesControls)(
  `names that a terminal would obey${takesControls ? "" : " (skipped: Windows has none)"}`,
  () => {
    const label = "red\n\u001b[31m\u202e";
    let odd = "";
    beforeAll(async () => {
      odd = join(home, "odd\u001b[2J");
      for (const [at, name] of [label, "blue"].entries()) {
        await mkdir(join(odd, name), { recursive: true });
        for (let seed = 0; seed < 2; seed++)
          await writeFile(join(odd, name, `${seed}\r\u009b.png`), await picture(100 + 10 * at + seed));
      }
      await writeFile(join(odd, "blue", "broken\u001b]0;title\u0007.png"), "text");
      await writeFile(join(odd, label, "again.png"), await picture(100));
    });

    it("are shown escaped in a report", async () => {
      const { code, stdout, stderr } = await graft(["inspect", odd], home);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(stdout).toMatch(/^"red\\n\\x1b\[31m\\u202e" +3 +2 +1 +1 +0$/m);
      expect(stdout).toContain("blue/broken\\x1b]0;title\\x07.png: The file is not an image.");
      expect(stdout).toContain("red\\n\\x1b[31m\\u202e/0\\r\\x9b.png = ");
      expect(code).toBe(0);
    });

    it("are themselves in JSON", async () => {
      const { stdout } = await graft(["inspect", odd, "--json"], home);
      expect(jsonLines(stdout)[0]).toMatchObject({ source: odd, classes: [{ label: "blue" }, { label }] });
    });

    it("are shown escaped in a refusal", async () => {
      const one = join(home, "one");
      await mkdir(join(one, label), { recursive: true });
      await writeFile(join(one, label, "1.png"), await picture(1));
      const { stderr } = await graft(["inspect", one], home);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
      expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
      expect(stderr).toContain('one class folder, "red\\n\\x1b[31m\\u202e"');
    });
  },
);
