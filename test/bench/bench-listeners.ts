// npm run build && node --conditions=graft-source --import tsx test/bench/bench-listeners.ts [DATA]
// A run that LISTENERS (200) clients follow by server-sent events, over `graft serve` as users start it: each must see every
// event once and in order, and what it costs the server stands beside what the training costs. DATA is a folder of classes
// (photos beside the checkout, else emoji); EPOCHS (20), FINE_TUNE_EPOCHS (100: minutes; 0: a run of seconds, in which what each run costs
// the server once weighs most). Processor time of the server's own process and of its trainer is from /proc, so on Linux alone;
// the clients are in this process, which counts for neither.
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { copyEmoji } from "../server/workers/host.ts";
import { sharedPath } from "../shared.ts";
import { machine } from "./figures.ts";
import { runCommand } from "./graft-command.ts";
import { type GraftServer, startGraftServer } from "./graft-server.ts";

const { LISTENERS = "200", EPOCHS = "20", FINE_TUNE_EPOCHS = "100" } = process.env;
const listeners = Number(LISTENERS);

/** Seconds of processor time so far, in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

/** Follows a run to its end. @returns the numbers of the events that came, in the order in which they came. */
function follow(url: string, token: string): Promise<readonly number[]> {
  return new Promise((done, fail) => {
    const seen: number[] = [];
    let left = "";
    get(url, { agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) return fail(new Error(`the events came with ${response.statusCode}`));
      response.setEncoding("utf8").on("data", (text: string) => {
        const lines = (left + text).split("\n");
        left = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("id: ")) seen.push(Number(line.slice(4)));
      });
      response.once("end", () => done(seen)).once("error", fail);
    }).once("error", fail);
  });
}

const idSchema = z.object({ id: z.string() });
const endSchema = z.object({ state: z.string(), lastSeq: z.number() });

/** @param body of a POST; without one it is a GET. */
async function ask({ url, token }: GraftServer, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

const work = await mkdtemp(join(tmpdir(), "graft-bench-listeners-"));
try {
  if (!existsSync("/proc/self/stat")) throw new Error("This bench reads processor times from /proc.");
  let data = process.argv[2] ?? sharedPath("data/cats-dogs/train");
  if (data === undefined) {
    data = join(work, "emoji");
    await copyEmoji(data, 100);
  }
  console.log(machine());
  for (const count of [0, listeners]) {
    await using server = await startGraftServer();
    const { url, token, pid } = server;
    // brings the pictures; nothing of what it computes serves the run that is measured
    const small = ["--weights", "bundled", "--epochs", "1", "--size", "75", "--cut", "mixed0"];
    await runCommand(["train", data, ...small, "--server", url, "--token", token], work);
    const { items } = z.object({ items: z.array(idSchema) }).parse(await ask(server, "/datasets"));
    const fineTuneEpochs = Number(FINE_TUNE_EPOCHS);
    const config = {
      ...{ weights: "bundled", epochs: Number(EPOCHS), earlyStop: null },
      ...(fineTuneEpochs > 0 ? { fineTune: "mixed7", fineTuneEpochs } : {}),
    };
    const { id: run } = idSchema.parse(await ask(server, "/runs", { dataset: items[0]?.id, config }));
    const before = cpuOf(pid);
    const trainers = childrenOf(pid);
    const ofTrainers = (): number => trainers.reduce((sum, child) => sum + cpuOf(child), 0);
    const trainedBefore = ofTrainers();
    const events = `${url}/api/v1/runs/${run}/events`;
    const followed = await Promise.all(
      Array.from({ length: Math.max(1, count) }, () => follow(events, token)),
    );
    const [server_, trainer] = [cpuOf(pid) - before, ofTrainers() - trainedBefore];
    const { lastSeq, state } = endSchema.parse(await ask(server, `/runs/${run}`));
    const expected = Array.from({ length: lastSeq + 1 }, (_, seq) => seq).join();
    const wrong = followed.filter((seen) => seen.join() !== expected).length;
    console.log(
      `${`${count}`.padStart(4)} listeners: run ${state} with ${lastSeq + 1} events; the server ${server_.toFixed(2)} s of processor time, the trainer ${trainer.toFixed(2)} s: ${((100 * server_) / trainer).toFixed(1)} %; ${wrong} listeners missed one or saw one twice`,
    );
    if (wrong > 0) process.exitCode = 1;
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
