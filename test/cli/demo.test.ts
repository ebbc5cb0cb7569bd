import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("demo");
});

describe("the demo", () => {
  it("trains on embedded images without a network, and does so again from what it kept", async () => {
    const first = await graft(["demo"], home);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/true \\ said +animal +food +transport/);
    expect(Number(/images that it never saw: accuracy ([\d.]+) %/.exec(first.stdout)?.[1])).toBeGreaterThan(
      80,
    );
    const accuracy = Number(/validation accuracy ([\d.]+) %/.exec(first.stdout)?.[1]);
    expect(accuracy).toBeGreaterThan(80);

    const second = await graft(["demo", "--json"], home);
    expect(second.code, second.stderr).toBe(0);
    const events = jsonLines(second.stdout);
    expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed" });
    expect(Number(Object(events.at(-1)?.metrics).valAccuracy)).toBeCloseTo(accuracy / 100, 3);
    expect(await readdir(join(home, "runs"))).toHaveLength(2);
  });

  it("leaves commands that can be typed: the first of them answers", async () => {
    const [run = ""] = await readdir(join(home, "runs"));
    const { stdout } = await graft(["runs", "show", run], home);
    expect(stdout).toContain("completed");
    const evaluated = await graft(["evaluate", run, "emoji", "--split", "validation"], home);
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect(evaluated.stderr).toContain("the split that the model was trained with");
    expect(evaluated.stderr).not.toContain("seen in training");
  });

  it("leaves runs that the shell completes", async () => {
    const [run = ""] = await readdir(join(home, "runs"));
    const { stdout } = await graft(["complete", "--", "runs", "show", ""], home);
    expect(stdout).toContain(run);
  });
});
