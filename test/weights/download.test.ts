import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ByteProgress, CoreError, type ErrorCode } from "@graft/core";
import { download, nodeFetch } from "@graft/core/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FROM_SOURCES } from "../from-sources.ts";
import { type FileServer, sendFile, serve } from "./file-server.ts";

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
const sha256 = createHash("sha256").update(FILE).digest("hex");
const md5 = createHash("md5").update(FILE).digest("hex");

let folder = "";
let target = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-download-"));
  target = join(folder, "deep", "file.bin");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fetchHere = nodeFetch({});
const from = (server: FileServer) => ({ url: `${server.url}/file.bin`, target, fetch: fetchHere });
/** What lies in the target's folder afterwards. */
const left = (): string[] => readdirSync(join(folder, "deep")).sort();

async function failure(work: Promise<unknown>): Promise<CoreError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CoreError) return error;
  throw new Error(`expected a CoreError, got ${String(error)}`);
}

async function expectFailure(work: Promise<unknown>, code: ErrorCode, text: RegExp): Promise<void> {
  const error = await failure(work);
  expect(error.message).toMatch(text);
  expect(error.code).toBe(code);
}

test("a file comes whole, with progress, and leaves nothing beside it", async () => {
  await using server = await serve((request, response) => sendFile(request, response, FILE));
  const progress: { done: number; total?: number }[] = [];
  await download({ ...from(server), sha256, md5, onProgress: (event) => progress.push(event) });
  expect(readFileSync(target).equals(FILE)).toBe(true);
  expect(left()).toEqual(["file.bin"]);
  expect(progress[0]).toEqual({ done: 0, total: FILE.length });
  expect(progress.at(-1)).toEqual({ done: FILE.length, total: FILE.length });
});

test("a connection that is cut is taken up where it ended", async () => {
  await using server = await serve((request, response, count) =>
    sendFile(request, response, FILE, { etag: '"one"', ...(count < 3 ? { cut: 100_000 } : {}) }),
  );
  await download({ ...from(server), sha256 });
  expect(readFileSync(target).equals(FILE)).toBe(true);
  expect(server.ranges).toEqual(["", "bytes=100000-", "bytes=200000-"]);
});

test("a server that always cuts ends as offline, and the next call goes on", async () => {
  let patience = 10_000;
  await using server = await serve((request, response, count) =>
    sendFile(request, response, FILE, { etag: '"one"', ...(count > 11 ? {} : { cut: patience }) }),
  );
  await expectFailure(download({ ...from(server), sha256 }), "offline", /broke off.*continue from there/s);
  expect(left()).toEqual(["file.bin.part", "file.bin.part.json"]);
  patience = 0;
  await download({ ...from(server), sha256 }).catch(() => undefined);
  await download({ ...from(server), sha256 });
  expect(readFileSync(target).equals(FILE)).toBe(true);
  expect(server.ranges.at(-1)).toMatch(/^bytes=[1-9]\d{4,}-$/);
});

test("a file that changed on the server meanwhile is taken from its beginning", async () => {
  const other = FILE.map((byte) => 255 - byte);
  await using server = await serve((request, response, count) =>
    count === 1
      ? sendFile(request, response, other, { etag: '"old"', cut: 50_000 })
      : sendFile(request, response, FILE, { etag: '"new"' }),
  );
  await download(from(server));
  expect(readFileSync(target).equals(FILE)).toBe(true);
});

test("a part of a server that says nothing about its file is not trusted without a checksum", async () => {
  await using server = await serve((request, response, count) =>
    sendFile(request, response, FILE, count === 1 ? { cut: 50_000 } : {}),
  );
  await download(from(server));
  expect(server.ranges).toEqual(["", ""]);
  expect(readFileSync(target).equals(FILE)).toBe(true);
});

test("a part whose bytes went wrong is noticed by the checksum and fetched once more, whole", async () => {
  await using server = await serve((request, response, count) =>
    sendFile(request, response, FILE, { etag: '"one"', ...(count === 1 ? { cut: 50_000 } : {}) }),
  );
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done >= 50_000) controller.abort();
  };
  const cancelled = download({ ...from(server), sha256, onProgress, signal: controller.signal });
  await expectFailure(cancelled, "cancelled", /cancelled/);
  writeFileSync(`${target}.part`, new Uint8Array(50_000).fill(9));
  await download({ ...from(server), sha256 });
  expect(readFileSync(target).equals(FILE)).toBe(true);
});

test("wrong bytes are refused and removed", async () => {
  await using server = await serve((request, response) => sendFile(request, response, FILE.toReversed()));
  await expectFailure(
    download({ ...from(server), sha256 }),
    "corrupt",
    /Received: sha256 .* Expected: sha256/,
  );
  await expectFailure(download({ ...from(server), md5 }), "corrupt", /Received: md5 .* Expected: md5/);
  expect(left()).toEqual([]);
});

test("a server that hangs ends as offline: before its answer, and in the middle of the file", async () => {
  await using silent = await serve(() => undefined);
  const early = download({ ...from(silent), answerTimeoutMs: 100 });
  await expectFailure(
    early,
    "offline",
    /no answer from 127\.0\.0\.1:\d+ within 0\.1 s.*HTTPS_PROXY.*by hand/s,
  );
  expect(left()).toEqual([]);
  await using stalling = await serve((_, response) => {
    response.writeHead(200, { "content-length": FILE.length }).write(FILE.subarray(0, 1000));
  });
  await expectFailure(
    download({ ...from(stalling), stallTimeoutMs: 100 }),
    "offline",
    /the server sent nothing for 0\.1 s/,
  );
});

test("a server that falls silent is told of: for how long, how much longer at most, in which attempt", async () => {
  await using server = await serve((request, response, count) => {
    // two whole beginnings, then not a byte more
    if (count < 3) sendFile(request, response, FILE, { etag: '"one"', cut: 100_000 });
    else response.writeHead(206, { "content-range": `bytes 200000-299999/${FILE.length}` }).flushHeaders();
  });
  const seen: ByteProgress[] = [];
  const limits = { stallTimeoutMs: 5000, silenceTimeoutMs: 400 };
  const stalled = download({ ...from(server), sha256, ...limits, onProgress: (event) => seen.push(event) });
  await expectFailure(
    stalled,
    "offline",
    /broke off.*the server sent nothing for 0\.4 s, after 200000 bytes/,
  );
  const waits = seen.filter(({ waiting }) => waiting !== undefined);
  expect(waits.length).toBeGreaterThan(1);
  for (const { done, total, waiting } of waits) {
    expect([done, total]).toEqual([200_000, FILE.length]);
    expect(waiting).toMatchObject({ limitSeconds: 0.4, attempt: 3, attempts: 10 });
  }
  const seconds = waits.map(({ waiting }) => waiting?.seconds ?? 0);
  expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  expect(seconds[0]).toBeGreaterThanOrEqual(0.1);
});

test("a silence that has lasted its whole time is not followed by another attempt", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { "content-length": FILE.length, etag: '"one"' }).write(FILE.subarray(0, 1000));
  });
  const limits = { stallTimeoutMs: 200, silenceTimeoutMs: 200 };
  await expectFailure(
    download({ ...from(server), ...limits }),
    "offline",
    /the server sent nothing for 0\.2 s/,
  );
  expect(server.ranges).toHaveLength(1);
});

test("a closed port, a missing file and a server in trouble have their own words", async () => {
  const closed = await serve(() => undefined);
  await closed[Symbol.asyncDispose]();
  await expectFailure(download(from(closed)), "offline", /ECONNREFUSED/);
  await using server = await serve((request, response) => {
    response.writeHead(request.url === "/file.bin" ? 404 : 503).end("no");
  });
  await expectFailure(download(from(server)), "not-found", /no file at .*404/);
  await expectFailure(download({ ...from(server), url: `${server.url}/x` }), "offline", /503/);
  const ftp = download({ url: "ftp://example.org/x", target, fetch: fetchHere });
  await expectFailure(ftp, "bad-input", /ftp:.*http:/);
  const secret = await failure(download({ url: "http://me:secret@example.org/x", target, fetch: fetchHere }));
  expect(secret.message).not.toContain("secret");
});

test("a part that is whole already needs only its name", async () => {
  await using server = await serve((request, response, count) =>
    // the first answer is complete, but the connection breaks before the end is told
    count === 1
      ? response
          .writeHead(200, { "content-length": FILE.length + 1, etag: '"one"' })
          .write(FILE, () => setTimeout(() => response.destroy(), 20))
      : sendFile(request, response, FILE, { etag: '"one"' }),
  );
  await download({ ...from(server), sha256 });
  expect(readFileSync(target).equals(FILE)).toBe(true);
  expect(server.ranges).toEqual(["", `bytes=${FILE.length}-`]);
});

test("two downloads of one target at once do not disturb each other", async () => {
  await using server = await serve((request, response) => sendFile(request, response, FILE));
  await Promise.all([download({ ...from(server), sha256 }), download({ ...from(server), sha256 })]);
  expect(readFileSync(target).equals(FILE)).toBe(true);
  expect(left()).toEqual(["file.bin"]);
});

test("a lock that is made and not yet written is somebody's", async () => {
  await using server = await serve((request, response) => sendFile(request, response, FILE));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.part.lock`, "");
  writeFileSync(`${target}.part`, "another's");
  await download({ ...from(server), sha256 });
  expect(readFileSync(`${target}.part`, "utf8")).toBe("another's");
  expect(readFileSync(target).equals(FILE)).toBe(true);
});

/** A process that downloads, from sources. */
function downloadElsewhere(url: string): ChildProcess {
  const script = `import { download, nodeFetch } from "@graft/core/node";
    await download({ url: ${JSON.stringify(url)}, target: ${JSON.stringify(target)}, fetch: nodeFetch({}) });`;
  const flags = [...FROM_SOURCES, "--input-type=module", "-e", script];
  return spawn(process.execPath, flags, { cwd: import.meta.dirname, stdio: "ignore" });
}

test("a download whose process was killed is taken up by the next one", async () => {
  await using server = await serve((request, response, count) => {
    if (count > 1) return sendFile(request, response, FILE, { etag: '"one"' });
    response
      .writeHead(200, { "content-length": FILE.length, etag: '"one"' })
      .write(FILE.subarray(0, 120_000));
    return undefined;
  });
  const child = downloadElsewhere(from(server).url);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const part = `${target}.part`;
  while (!existsSync(part) || readFileSync(part).length < 120_000) await sleep(20);
  child.kill("SIGKILL");
  await ended;
  expect(left()).toContain("file.bin.part.lock");
  await download(from(server));
  expect(server.ranges).toEqual(["", "bytes=120000-"]);
  expect(readFileSync(target).equals(FILE)).toBe(true);
  expect(left()).toEqual(["file.bin"]);
});

test.skipIf(process.platform !== "linux")(
  "a full disk is told from other failures (needs /dev/full)",
  async () => {
    await using server = await serve((request, response) => {
      response.writeHead(200); // no length, so that the disk itself must say it
      response.end(request.url === "/file.bin" ? FILE : "");
    });
    target = join(folder, "file.bin");
    symlinkSync("/dev/full", `${target}.part`);
    await expectFailure(download(from(server)), "disk-full", /no room on the disk/);
  },
);

test("a file that is larger than the free disk is refused before it fills the disk", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { "content-length": 2 ** 52 }).write("x");
  });
  await expectFailure(download(from(server)), "disk-full", /no room.*free/s);
});

test.skipIf(process.platform === "win32")(
  "a home that cannot be made is an error that names the file and what to do",
  async () => {
    await using server = await serve((request, response) => sendFile(request, response, FILE));
    symlinkSync(join(folder, "none", "nowhere"), join(folder, "deep"));
    await expect(download(from(server))).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/file\.bin cannot be written.*ENOENT.*`home` or GRAFT_HOME/),
    });
  },
);
