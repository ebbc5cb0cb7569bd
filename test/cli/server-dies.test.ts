import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { itLong } from "../long.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

let folder = "";
let home = "";
let photos = "";
let server: ServedGraft;
let run = "";

beforeAll(async () => {
  folder = await temporaryFolder("server-dies");
  photos = join(folder, "photos");
  home = join(folder, "home");
  await copyEmoji(photos, 6);
  server = await serveGraft(join(folder, "server"));
  const fast = ["--weights", "bundled", "--size", "75", "--cut", "mixed0", "--epochs", "1"];
  const there = ["--server", server.url, "--token", server.token, "--json"];
  const { code, stdout, stderr } = await graft(["train", photos, ...fast, ...there], home);
  if (code !== 0) throw new Error(stderr);
  run = String(jsonLines(stdout).at(-1)?.run);
}, 300_000);
afterAll(() => server.stop());

/** Stands before the server, and kills it when it has been asked for this the first time. */
async function killerBefore(
  call: string,
): Promise<{ readonly url: string; readonly door: Server; readonly killed: Promise<unknown> }> {
  let isFirst = true;
  const { port } = new URL(server.url);
  const door = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const passed = request({ host: "127.0.0.1", port, method, path: url, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(answer);
    });
    // as the server's own connection would break
    passed.on("error", () => asked.socket.destroy());
    asked.pipe(passed);
    if (!url?.includes(call) || !isFirst) return;
    isFirst = false;
    const kill = () => setTimeout(() => void server.stop("SIGKILL").then(() => door.emit("killed")), 20);
    asked.once("end", kill);
  });
  const killed = once(door, "killed");
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const address = door.address();
  if (typeof address !== "object" || address === null) throw new TypeError("it listens on a port");
  return { url: `http://127.0.0.1:${address.port}`, door, killed };
}

it.each([
  ["export", "modelJobs.export", ["--format", "tfjs", "--out", "model"]],
  ["evaluate", "modelJobs.evaluateUpload", ["PHOTOS", "--report", "report.html"]],
] as const)(
  "graft %s, whose server is killed meanwhile and started again, ends well and leaves nothing there",
  async (...of) => {
    const [command, call, flags] = of;
    const place = join(folder, command);
    await mkdir(place);
    const words = [command, run, ...flags.map((flag) => (flag === "PHOTOS" ? photos : flag))];
    const { url, door, killed } = await killerBefore(call);
    const ended = graft([...words, "--server", url, "--token", server.token], home, { cwd: place });
    await killed;
    const { port } = new URL(server.url);
    server = await serveGraft(join(folder, "server"), { port: Number(port), token: server.token });
    const { code, stderr } = await ended;
    door.close();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("trying again");
    expect(await readdir(place)).toHaveLength(1);
    expect(await readdir(join(folder, "server", "server", "exports")).catch(() => [])).toEqual([]);
    const answer = await fetch(`${server.url}/api/v1/model-jobs`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect(await answer.json()).toMatchObject({ items: [] });
  },
  300_000,
);

itLong(
  "graft export says that its server does not come back, and leaves nothing here",
  async () => {
    const place = join(folder, "gone");
    await mkdir(place);
    const { url, door, killed } = await killerBefore("modelJobs.export");
    const words = ["export", run, "--format", "h5", "--out", "model.h5", "--server", url];
    const ended = graft([...words, "--token", server.token], home, { cwd: place });
    await killed;
    const { code, stdout, stderr } = await ended;
    door.close();
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/does not answer.*run this command again/);
    expect(await readdir(place)).toEqual([]);
  },
  300_000,
);
