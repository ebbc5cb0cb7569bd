import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
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

/** Stands before the server, and kills it when it has been asked for this. */
async function killerBefore(call: string): Promise<{ readonly url: string; readonly door: Server }> {
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
    if (url?.includes(call)) asked.once("end", () => setTimeout(() => void server.stop("SIGKILL"), 20));
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const address = door.address();
  if (typeof address !== "object" || address === null) throw new TypeError("it listens on a port");
  return { url: `http://127.0.0.1:${address.port}`, door };
}

it.each([
  ["export", "models.export", ["--format", "tfjs", "--out", "model"]],
  ["evaluate", "models.evaluateUpload", ["PHOTOS", "--report", "report.html"]],
] as const)(
  "graft %s, whose server is killed meanwhile, says to run it again and leaves nothing",
  async (...of) => {
    const [command, call, flags] = of;
    const place = join(folder, command);
    await mkdir(place);
    const words = [command, run, ...flags.map((flag) => (flag === "PHOTOS" ? photos : flag))];
    const as = (url: string) =>
      graft([...words, "--server", url, "--token", server.token], home, { cwd: place });
    const { url, door } = await killerBefore(call);
    const { code, stdout, stderr } = await as(url);
    door.close();
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /was not finished: the server \S+ stopped answering\..* run the same command again\./,
    );
    expect(await readdir(place)).toEqual([]);

    const { port } = new URL(server.url);
    server = await serveGraft(join(folder, "server"), { port: Number(port), token: server.token });
    expect(await readdir(join(folder, "server", "server", "exports")).catch(() => [])).toEqual([]);
    const again = await as(server.url);
    expect([again.code, (await readdir(place)).length], again.stderr).toEqual([0, 1]);
  },
  300_000,
);
