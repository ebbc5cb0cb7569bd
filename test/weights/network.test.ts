import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ByteProgress } from "@graft/core";
import { fetchWeights, listWeights, loadWeights, nodeFetch } from "@graft/core/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readNsfwjsModel } from "../../packages/core/scripts/nsfwjs-model.ts";
import { sharedPath } from "../shared.ts";
import { type FileServer, sendFile, serve } from "./file-server.ts";

const PUBLIC_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5";

let home = "";
let notices: string[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "graft-network-"));
  notices = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const surroundings = (env: NodeJS.ProcessEnv) => ({
  home,
  env,
  fetch: nodeFetch({}),
  onNotice: (text: string) => notices.push(text),
});
const load = (weights: string, env: NodeJS.ProcessEnv = {}) => loadWeights({ weights, ...surroundings(env) });
const mirror = ({ url }: FileServer): NodeJS.ProcessEnv => ({ GRAFT_WEIGHTS_MIRROR: `${url}/mirror/` });

/** `auto` gave the bundled weights and said, in one line, that and why. */
function expectBundled(weights: { readonly source: string }, why: RegExp): void {
  expect(weights.source).toBe("bundled");
  expect(notices.at(-1)).toMatch(why);
  expect(notices.at(-1)).toMatch(/^The ImageNet weights are unavailable \(.*\)\. Using the bundled weights/);
}

test("auto takes the bundled weights when the server never answers, within its patience", async () => {
  await using server = await serve(() => undefined);
  const weights = await load("auto", mirror(server));
  expectBundled(weights, /no answer from 127\.0\.0\.1:\d+ within 4 s/);
  expect(notices).toHaveLength(1);
}, 10_000);

test("auto takes the bundled weights when the server is not there, refuses, or the network is forbidden", async () => {
  await using server = await serve((_, response) => response.writeHead(403).end());
  expectBundled(await load("auto", mirror(server)), /answered 403/);
  const closed = await serve(() => undefined);
  await closed[Symbol.asyncDispose]();
  expectBundled(await load("auto", mirror(closed)), /ECONNREFUSED/);
  expectBundled(await load("auto", { ...mirror(server), GRAFT_OFFLINE: "1" }), /GRAFT_OFFLINE/);
});

test("auto says what it fetches, and takes the bundled weights when the server breaks off or sends something else", async () => {
  const file = new Uint8Array(50_000).fill(7);
  await using server = await serve((request, response) => {
    // the first request only asks whether the server is there
    if (request.headers.range === "bytes=0-0")
      response.writeHead(206, { "content-range": "bytes 0-0/50000" }).end("x");
    else sendFile(request, response, file);
  });
  const weights = await load("auto", mirror(server));
  expect(notices[0]).toBe(`Fetching weights from ${server.url}/mirror/${PUBLIC_FILE} (88 MB, once).`);
  expectBundled(weights, /sent a different file/);
  expect(readdirSync(join(home, "weights"))).toEqual([]);

  await using cutting = await serve((request, response) => sendFile(request, response, file, { cut: 10 }));
  expectBundled(
    await load("auto", mirror(cutting)),
    /ended after \d+ of 50000|other side closed|terminated|aborted/,
  );
});

test("auto does not wait a second time for a server that stalls in mid-download, and tells that it waits", async () => {
  await using server = await serve((request, response) => {
    if (request.headers.range === "bytes=0-0")
      response.writeHead(206, { "content-range": "bytes 0-0/50000" }).end("x");
    else response.writeHead(200, { "content-length": 50_000, etag: '"one"' }).write("beginning");
  });
  const waits: ByteProgress[] = [];
  const onProgress = (progress: ByteProgress): void => {
    if (progress.waiting) waits.push(progress);
  };
  const weights = await loadWeights({ weights: "auto", ...surroundings(mirror(server)), onProgress });
  expectBundled(weights, /the server sent nothing for 4 s/);
  expect(server.ranges).toEqual(["bytes=0-0", ""]);
  expect(waits[0]).toMatchObject({ done: 9, total: 50_000, waiting: { limitSeconds: 4, attempt: 1 } });
}, 10_000);

test("imagenet without a network says what to do, and leaves no file", async () => {
  await using server = await serve((_, response) => response.writeHead(500).end());
  const env = mirror(server);
  await expect(load("imagenet", env)).rejects.toMatchObject({
    code: "offline",
    message: expect.stringMatching(/500.*HTTPS_PROXY.*GRAFT_WEIGHTS_MIRROR.*by hand.*`weights: bundled`/s),
  });
  await expect(load("imagenet", { ...env, GRAFT_OFFLINE: "1" })).rejects.toMatchObject({ code: "offline" });
  expect(existsSync(join(home, "weights", PUBLIC_FILE))).toBe(false);
});

test("a cached imagenet file that is not the public one is named, and stays until another one takes its place", async () => {
  await using server = await serve((request, response) => {
    if (request.headers.range === "bytes=0-0")
      response.writeHead(206, { "content-range": "bytes 0-0/9" }).end("x");
    else response.end("something");
  });
  const path = join(home, "weights", PUBLIC_FILE);
  mkdirSync(join(home, "weights"));
  writeFileSync(path, "half a file");
  const [, listed] = await listWeights({ home });
  expect(listed).toMatchObject({ name: "imagenet", cached: false, damaged: true, bytes: 11 });

  expectBundled(
    await load("auto", { GRAFT_OFFLINE: "1" }),
    /notop\.h5 is damaged, and GRAFT_OFFLINE forbids/,
  );
  expect(notices).toHaveLength(1);
  await expect(load("imagenet", { GRAFT_OFFLINE: "1" })).rejects.toMatchObject({
    code: "corrupt",
    message: expect.stringMatching(/are damaged, and GRAFT_OFFLINE.*md5 .* of 11 bytes.*Unset GRAFT_OFFLINE/),
  });
  notices = [];
  expectBundled(await load("auto", mirror(server)), /sent a different file/);
  expect(notices[0]).toMatch(
    /cached weights .*notop\.h5 are damaged \(md5 .* of 11 bytes\) and are not used/,
  );
  expect(notices[1]).toMatch(/^Fetching weights from/);
  expect(readFileSync(path, "utf8")).toBe("half a file");
});

/** nsfwjs's model.json and shards over HTTP; the shards want the address's token, as tfjs sends it. */
function tfjsServer(): Promise<FileServer> {
  const { model, shards } = readNsfwjsModel();
  const paths = model.weightsManifest.flatMap((group) => group.paths);
  return serve((request, response) => {
    const [path = "", query] = (request.url ?? "").split("?");
    const shard = shards[paths.indexOf(path.replace("/net/", ""))];
    if (query !== "token=1") response.writeHead(401).end();
    else if (path === "/net/model.json") response.end(JSON.stringify(model));
    else if (shard) sendFile(request, response, shard);
    else response.writeHead(404).end();
  });
}

test("a URL of a tfjs model is fetched once with its shards, listed, and then works offline", async () => {
  await using server = await tfjsServer();
  const url = `${server.url}/net/model.json?token=1`;
  const fetched = await load(url);
  expect(fetched).toMatchObject({ source: "url", origin: url, inputRange: [0, 1] });
  expect(notices[0]).toBe(`Fetching weights from ${url}.`);
  const requests = server.ranges.length;
  const cached = await load(url, { GRAFT_OFFLINE: "1" });
  expect(cached.sha256).toBe(fetched.sha256);
  expect(server.ranges).toHaveLength(requests);

  const entries = await listWeights({ home });
  expect(entries.map(({ name, cached: isCached }) => [name, isCached])).toEqual([
    ["bundled", true],
    ["imagenet", false],
    [url, true],
  ]);
  const [bundled] = entries;
  expect(bundled).toMatchObject({ inputRange: [0, 1], bytes: 21_802_784 });

  // a shard that changed on the disk is noticed and fetched again
  const folder = join(home, "weights", `url-${createHash("sha256").update(url).digest("hex").slice(0, 16)}`);
  const shard = join(folder, "group1-shard2of6");
  writeFileSync(shard, readFileSync(shard).fill(9, 0, 100));
  notices = [];
  expect((await load(url)).sha256).toBe(fetched.sha256);
  expect(notices[0]).toMatch(/damaged .*and are not used/);
  expect(notices[1]).toMatch(/^Fetching weights/);
});

const packed = sharedPath("weights/inception_v3_notop.h5.gz");
test.skipIf(packed === undefined)(
  "a URL of one file is hashed once; later its checksum stands for it, and a changed one is fetched again (needs ../shared/weights)",
  async () => {
    const bytes = readFileSync(packed ?? "");
    await using server = await serve((request, response) => sendFile(request, response, bytes));
    const url = `${server.url}/inception.h5.gz`;
    const { sha256 } = await load(url);
    const [name = ""] = readdirSync(join(home, "weights"));
    const path = join(home, "weights", name, "inception.h5.gz");
    const record: unknown = JSON.parse(readFileSync(`${path}.graft.json`, "utf8"));
    expect(record).toEqual({ url, bytes: bytes.length, crc32: crc32(bytes), sha256 });
    expect((await load(url, { GRAFT_OFFLINE: "1" })).sha256).toBe(sha256);
    expect(server.ranges).toHaveLength(1);

    writeFileSync(path, bytes.subarray(0, 1_000_000));
    expect(await fetchWeights(url, surroundings({}))).toMatchObject({ name: url, cached: true, path });
    expect(server.ranges).toHaveLength(2);
    expect(notices.at(-2)).toMatch(/damaged .*and are not used/);
  },
);

test("what is no weights at all does not stay in the cache", async () => {
  await using server = await serve((_, response) => response.end("<html>Log in</html>"));
  await expect(load(`${server.url}/w.h5`)).rejects.toMatchObject({ code: "corrupt" });
  expect(readdirSync(join(home, "weights"))).toEqual([]);
});

test("weights fetch takes imagenet and addresses, and nothing else", async () => {
  await expect(fetchWeights("resnet", surroundings({}))).rejects.toThrow(/resnet.*imagenet or a URL/);
  await expect(fetchWeights("s3://bucket/w.h5", surroundings({}))).rejects.toThrow(/http:\/\//);
  expect(await fetchWeights("bundled", surroundings({}))).toMatchObject({ name: "bundled", cached: true });
});
