import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EdgeError } from "../../apps/server/src/http/edge/edge-error.ts";
import { errorText } from "../../apps/server/src/http/edge/send-error.ts";
import { firstOrAll } from "../long.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, startGraft, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

/** What the way to the server does with a request. */
type Way = "through" | "cut-body" | "cut-answer" | "lose-answer" | "reset" | "starting";

let server: ServedGraft;
let folder = "";
let url = "";
/** Of each request. */
let wayOf: (request: IncomingMessage) => Way = () => "through";

const STARTING = errorText(new EdgeError(503, { what: "The server is starting." }));

/** Every trouble of a server that is killed and started again, at moments that a test chooses. */
const between = createServer((asked, answer) => {
  const way = wayOf(asked);
  if (way === "reset") asked.socket.destroy();
  else if (way === "starting")
    answer.writeHead(503, { "content-type": "application/json", "retry-after": "1" }).end(STARTING);
  else if (way === "cut-answer") {
    answer.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write("{");
    setTimeout(() => asked.socket.destroy(), 50);
  } else passOn(asked, answer, way);
});

function passOn(asked: IncomingMessage, answer: ServerResponse, way: Way): void {
  const { method, url: path = "/", headers } = asked;
  const sent = request(new URL(path, server.url), { method, headers }, (got) => {
    if (way === "lose-answer") {
      asked.socket.destroy();
      return;
    }
    answer.writeHead(got.statusCode ?? 500, got.headers);
    got.pipe(answer);
  });
  sent.on("error", () => asked.socket.destroy());
  answer.on("close", () => sent.destroy());
  if (way !== "cut-body") asked.pipe(sent);
  else
    asked.once("data", (piece: Buffer) => {
      sent.write(piece.subarray(0, Math.floor(piece.length / 2)), () => asked.socket.destroy());
    });
}

beforeAll(async () => {
  folder = await temporaryFolder("broken-upload");
  server = await serveGraft(join(folder, "server"), { flags: ["--workers", "0"] });
  await new Promise<void>((settle) => between.listen(0, "127.0.0.1", settle));
  const address = between.address() as AddressInfo; // it listens on a port
  url = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  between.closeAllConnections();
  between.close();
  await server.stop();
});

const isOf = (path: string, method: string) => (asked: IncomingMessage) =>
  asked.method === method && asked.url?.includes(path) === true;

/** Some trouble at the first request that is meant, and others after it for a while. */
function trouble(isMeant: (asked: IncomingMessage) => boolean, first: Way): void {
  let begunAt: number | undefined;
  wayOf = (asked) => {
    if (begunAt === undefined && isMeant(asked)) {
      begunAt = Date.now();
      return first;
    }
    if (begunAt === undefined || Date.now() - begunAt > 2000) return "through";
    return Date.now() - begunAt > 1000 ? "starting" : "reset";
  };
}

const BREAKS = firstOrAll([
  [1, "in the middle of a picture", "PUT", "/blobs/", "cut-body"],
  [2, "after a picture has arrived", "PUT", "/blobs/", "lose-answer"],
  [3, "while it is told of files", "POST", "uploads.plan", "reset"],
  [4, "before it reads them in", "POST", "uploads.finish", "cut-answer"],
  [5, "while it reads them in", "GET", "uploads.get", "cut-answer"],
] as const);

it.each(BREAKS)(
  "an upload that breaks off (%i) %s goes on when the server is back",
  async (at, _, method, path, first) => {
    const photos = join(folder, `photos ${at}`);
    // some that no other has, which travel
    await copyEmoji(photos, 6 * at);
    trouble(isOf(path, method), first);
    const training = startGraft(
      ["train", photos, "--weights", "bundled", "--server", url, "--token", server.token],
      join(folder, "home"),
    );
    await training.waitFor(/^Run \d+ of .*: \w+$/m);
    training.child.kill("SIGINT");
    const { code, stderr } = await training.done;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^No answer from http:\S+: trying again\./m);
    expect(stderr).not.toMatch(/^ +at /m);
    wayOf = () => "through";
    const there = ["--server", server.url, "--token", server.token];
    const { stdout } = await graft(["inspect", photos, ...there], join(folder, "home"));
    expect(stdout).toContain(`${12 * at} images`);
  },
);

it.each([
  ["reset", "does not answer"],
  ["starting", "The server is starting."],
  ["cut-answer", "does not answer"],
] as const)("any command tells in a sentence of a server that is not there: %s", async (way, what) => {
  wayOf = () => way;
  const there = ["--server", url, "--token", server.token];
  for (const words of [
    ["runs", "list"],
    ["searches", "list"],
    ["train", "emoji"],
  ]) {
    const { code, stderr } = await graft([...words, ...there], join(folder, "home"));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^graft: [^\n]*\n$/)]);
    expect(stderr).toContain(what);
  }
  wayOf = () => "through";
});
