import { appendFile, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { copyPhotos, graft, jsonLines, photos, startGraft, temporaryFolder } from "./run-graft.ts";

// many small steps, so that most of a run's time is where it can be stopped
const COURSE = ["--weights", "bundled", "--batch-size", "2", "--epochs", "150", "--no-early-stop", "--json"];
const KILLS = 3;

interface Course {
  readonly losses: ReadonlyMap<number, number>;
  readonly run: string;
}

let home = "";
let set = "";
let whole: Course;

/** Loss of each epoch that was reported; an epoch that was done twice must have given the same. */
function courseOf(...outputs: readonly string[]): Course {
  const losses = new Map<number, number>();
  let run = "";
  for (const output of outputs) {
    // a killed process may leave half a line
    for (const event of jsonLines(output.slice(0, output.lastIndexOf("\n") + 1))) {
      run = String(event.run);
      if (event.type !== "epoch-end") continue;
      const [epoch, loss] = [Number(event.epoch), Number(event.loss)];
      expect(losses.get(epoch) ?? loss, `epoch ${epoch}, done twice`).toBe(loss);
      losses.set(epoch, loss);
    }
  }
  return { losses, run };
}

describe.skipIf(photos === undefined)("a run that was stopped", () => {
  beforeAll(async () => {
    home = await temporaryFolder("resume");
    set = join(home, "photos");
    await copyPhotos(set, 10);
    const { code, stdout } = await graft(["train", set, ...COURSE], home);
    expect(code).toBe(0);
    whole = courseOf(stdout);
    expect(whole.losses.size).toBe(150);
  });

  it("by Ctrl-C exits with 130, says how to go on, and ends as if it never stopped", async () => {
    const started = startGraft(["train", set, ...COURSE], home);
    await started.waitFor(/"epoch":20,/);
    started.child.kill("SIGINT");
    const stopped = await started.done;
    expect(stopped.code).toBe(130);
    expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ type: "run-end", status: "interrupted" });
    const { run, losses } = courseOf(stopped.stdout);
    expect(losses.size).toBeLessThan(150);
    expect(stopped.stderr).toContain(`runs resume ${run}`);
    const kept = Number(
      /kept up to epoch (\d+) of 150(?: and \d+ steps? of the next)?\./.exec(stopped.stderr)?.[1],
    );
    expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ epochs: kept });

    const resumed = await graft(["runs", "resume", run, "--json"], home);
    expect(resumed.code).toBe(0);
    expect(jsonLines(resumed.stdout).find(({ type }) => type === "run-start")).toMatchObject({
      resumedFromEpoch: kept,
    });
    expect(courseOf(stopped.stdout, resumed.stdout).losses).toEqual(whole.losses);
  });

  it.skipIf(process.platform === "win32")(
    "because its terminal was closed, which the system and the shell both tell of, stops as by Ctrl-C",
    async () => {
      const started = startGraft(["train", set, ...COURSE], home);
      await started.waitFor(/"epoch":20,/);
      started.child.kill("SIGHUP");
      await started.waitFor(/terminal was closed/);
      started.child.kill("SIGHUP");
      const stopped = await started.done;
      expect(stopped.code).toBe(130);
      expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ type: "run-end", status: "interrupted" });
      expect(stopped.stderr).toMatch(/kept up to epoch \d+ of 150(?: and \d+ steps? of the next)?\./);
    },
  );

  it.each([
    ["its events", ["stdout"]],
    ["anything of it", ["stdout", "stderr"]],
  ] as const)("because nobody reads %s any more (as by head) stops as by Ctrl-C", async (_, streams) => {
    const started = startGraft(["train", set, ...COURSE], home);
    await started.waitFor(/"epoch":20,/);
    for (const stream of streams) started.child[stream]?.destroy();
    const stopped = await started.done;
    expect(stopped.code).toBe(130);
    const run = String(jsonLines(stopped.stdout.slice(0, stopped.stdout.indexOf("\n")))[0]?.run);
    if (streams.length === 1) expect(stopped.stderr).toContain(`runs resume ${run}`);
    const log = await readFile(join(home, "runs", run, "events.jsonl"), "utf8");
    expect(jsonLines(log).at(-1)).toMatchObject({ type: "run-end", status: "interrupted" });
  });

  it("by a kill at any moment goes on from its last checkpoint to the same numbers", async () => {
    const started = startGraft(["train", set, ...COURSE], home);
    await started.waitFor(/"epoch":20,/);
    started.child.kill("SIGINT");
    // in the seconds that this takes no other checkpoint is due
    const outputs: string[] = [(await started.done).stdout];
    let words = ["runs", "resume", courseOf(...outputs).run, "--json"];
    for (let kill = 0; kill < KILLS; kill++) {
      const started = startGraft(words, home);
      await started.waitFor(/"type":"run-start"|is completed/);
      await sleep(Math.random() * (kill === 0 ? 200 : 800));
      started.child.kill("SIGKILL");
      outputs.push((await started.done).stdout);
      words = ["runs", "resume", courseOf(...outputs).run, "--json"];
    }
    const resumed = await graft(words, home);
    // a kill may have come after the end; the log has what a killed process could not print any more
    if (resumed.code !== 0) expect(resumed.stderr).toMatch(/is completed/);
    const { run } = courseOf(...outputs);
    const log = await readFile(join(home, "runs", run, "events.jsonl"), "utf8");
    expect(courseOf(...outputs, resumed.stdout, log).losses).toEqual(whole.losses);
    expect(await readdir(join(home, "runs", run, "model"))).toContain("graft.json");
    expect((await readdir(join(home, "runs", run))).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("does not go on without its images, and names those that are gone or changed", async () => {
    const changed = join(home, "changed");
    await copyPhotos(changed, 10);
    const started = startGraft(["train", changed, ...COURSE], home);
    await started.waitFor(/"epoch":20,/);
    started.child.kill("SIGINT");
    const { run } = courseOf((await started.done).stdout);
    const [gone, other] = (await readdir(join(changed, "cats"))).sort();
    await rename(join(changed, "cats", gone ?? ""), join(home, "gone.jpg"));
    // the end of a JPEG is not looked at: another file, the same picture
    await appendFile(join(changed, "cats", other ?? ""), "more");
    const { code, stderr } = await graft(["runs", "resume", run], home);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `2 of its images are gone or changed. Received: cats/${gone} (gone), cats/${other} (changed).`,
    );
    expect(stderr).toContain("Expected: the 20 images that it was started with");
    await rename(join(home, "gone.jpg"), join(changed, "cats", gone ?? ""));
    const back = await graft(["runs", "resume", run], home);
    expect(back.stderr).toContain(`1 of its images is gone or changed. Received: cats/${other} (changed).`);
  });

  it("and finished is not run again", async () => {
    const { code, stderr } = await graft(["runs", "resume", whole.run], home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/finished|completed/);
  });
});
