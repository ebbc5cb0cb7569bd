import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";
import { newTestDatabase } from "../server/open-store.ts";
import { whyNoPostgres } from "../setup/postgres.ts";
import { makeProgram, start } from "./run-start.ts";

let folder = "";
let bin = "";
beforeAll(async () => {
  folder = await temporaryFolder("container");
  bin = await makeProgram(folder, false);
});

/** What graft was given, a line each. */
async function given(words: readonly string[], variables: Record<string, string>): Promise<string[]> {
  const { code, stdout, stderr } = await start(words, bin, variables).done;
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.trimEnd().split("\n");
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Flags with their values. */
const pairs = (words: readonly string[]): string[] =>
  words
    .join("\n")
    .split(/\n(?=--)/)
    .map((pair) => pair.replace("\n", " "));

describe.skipIf(process.platform === "win32")("the start of a container", () => {
  it("turns variables into flags", async () => {
    const [command, ...flags] = await given(["serve", "--log-level", "debug"], {
      ...{ GRAFT_TLS_CERT: "/c.pem", GRAFT_TLS_KEY: "/k.pem", GRAFT_PORT: "8443", GRAFT_WORKERS: "0" },
      ...{ GRAFT_HOST_NAMES: "graft.example, localhost", GRAFT_ALLOW_ORIGINS: "https://a.example" },
      ...{ GRAFT_BLOBS: "s3://bucket/a?region=b c*", GRAFT_WORKER_TOKEN_FILE: "/t", GRAFT_LOG_LEVEL: "info" },
    });
    expect(command).toBe("serve");
    expect(pairs(flags).sort()).toEqual([
      ...["--allow-origin https://a.example", "--bind 0.0.0.0", "--blobs s3://bucket/a?region=b c*"],
      ...["--host-name graft.example", "--host-name localhost", "--log-level debug", "--log-level info"],
      ...["--port 8443", "--tls-cert /c.pem", "--tls-key /k.pem", "--worker-token /t", "--workers 0"],
    ]);
    // what was typed wins
    expect(flags.lastIndexOf("debug")).toBeGreaterThan(flags.lastIndexOf("info"));
    expect(await given([], { GRAFT_INSECURE: "yes", GRAFT_LAN: "0" })).toEqual([
      "serve",
      "--bind",
      "0.0.0.0",
      "--port",
      "4700",
      "--insecure",
    ]);
    expect(await given(["serve"], { GRAFT_BIND: "127.0.0.1" })).toEqual([
      "serve",
      "--bind",
      "127.0.0.1",
      "--port",
      "4700",
    ]);
    expect(
      await given(["worker"], {
        ...{ GRAFT_SERVER: "http://server:4700", GRAFT_TOKEN: "t", GRAFT_THREADS: "2", GRAFT_CA: "/ca.pem" },
        GRAFT_WORKER_NAME: "the one by the window",
      }),
    ).toEqual([
      ...["worker", "--ca", "/ca.pem", "--threads", "2", "--name", "the one by the window", "GRAFT_TOKEN=t"],
    ]);
    expect(await given(["runs", "list", "--json"], {})).toEqual(["runs", "list", "--json"]);
  });

  it("reads secrets from files, and puts none on a command line", async () => {
    const [password, token, key] = await Promise.all(
      ["password", "token", "key"].map((name) => file(name, `secret of ${name}\n`)),
    );
    const words = await given(["serve"], {
      ...{ GRAFT_INSECURE: "1", PGPASSWORD_FILE: password ?? "", AWS_SECRET_ACCESS_KEY_FILE: key ?? "" },
    });
    expect(words.slice(-2)).toEqual(["PGPASSWORD=secret of password", "AWS_SECRET_ACCESS_KEY=secret of key"]);
    expect(words.slice(0, -2).join(" ")).not.toContain("secret");
    expect(await given(["worker"], { GRAFT_SERVER: "http://s", GRAFT_TOKEN_FILE: token ?? "" })).toEqual([
      ...["worker", "GRAFT_TOKEN=secret of token"],
    ]);
  });

  it.each([
    ["serve", {}, /without encryption.*GRAFT_TLS_CERT and GRAFT_TLS_KEY.*GRAFT_INSECURE=1/],
    ["serve", { GRAFT_INSECURE: "maybe" }, /GRAFT_INSECURE: received maybe\. Expected: 1 or 0/],
    ["serve", { GRAFT_INSECURE: "1", PGPASSWORD_FILE: "/none" }, /PGPASSWORD_FILE: \/none cannot be read/],
    ["serve", { GRAFT_INSECURE: "1", PGPASSWORD_FILE: "/dev/null" }, /PGPASSWORD_FILE: \/dev\/null is empty/],
    [
      "serve",
      { GRAFT_INSECURE: "1", DATABASE_URL: "postgres://a", DATABASE_URL_FILE: "/etc/hostname" },
      /DATABASE_URL and DATABASE_URL_FILE are both set/,
    ],
    [
      "serve",
      { GRAFT_INSECURE: "1", GRAFT_DATABASE_WAIT: "1m" },
      /GRAFT_DATABASE_WAIT: received 1m\. Expected/,
    ],
    ["worker", {}, /GRAFT_SERVER is not set/],
    ["worker", { GRAFT_SERVER: "http://s" }, /GRAFT_TOKEN_FILE is not set.*GRAFT_WORKER_TOKEN_FILE/],
    [
      "worker",
      { GRAFT_SERVER: "http://s", GRAFT_TOKEN_FILE: "/none", GRAFT_TOKEN_WAIT: "0" },
      /there is no token in \/none.*GRAFT_WORKER_TOKEN_FILE/,
    ],
    ["password", {}, /name the file/],
  ])("says what to do: %s %j", async (command, variables, message) => {
    const { code, stdout, stderr } = await start([command], bin, variables).done;
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  it("waits for the token that a server makes at its first start", async () => {
    const path = join(folder, "later");
    const worker = start(["worker"], bin, { GRAFT_SERVER: "http://s", GRAFT_TOKEN_FILE: path });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(worker.said()).toBe("");
    await writeFile(path, "made later\n");
    expect((await worker.done).stdout).toBe("worker\nGRAFT_TOKEN=made later\n");
  });

  it("makes a password once, for its owner's eyes", async () => {
    const path = join(folder, "made");
    expect(await start(["password", path], bin).done).toEqual({ code: 0, stdout: "", stderr: "" });
    const made = await readFile(path, "utf8");
    expect(made).toMatch(/^[0-9a-f]{48}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await start(["password", path], bin).done;
    expect(await readFile(path, "utf8")).toBe(made);
    await start(["password", `${path}-2`], bin).done;
    expect(await readFile(`${path}-2`, "utf8")).not.toBe(made);
  });
});

const refusal = whyNoPostgres();

describe.skipIf(refusal !== undefined)(`before its database${refusal ? `, skipped: ${refusal}` : ""}`, () => {
  const serve = (url: string, more: Record<string, string> = {}) =>
    start(["serve"], bin, { GRAFT_INSECURE: "1", DATABASE_URL: url, ...more });

  it("begins when that answers", async () => {
    await using database = await newTestDatabase();
    const { url } = database;
    const { code, stdout } = await serve(url).done;
    expect([code, stdout.trimEnd().split("\n").at(-1)]).toEqual([0, `DATABASE_URL=${url}`]);
    const path = await file("url", `${url}\n`);
    const read = await start(["serve"], bin, { GRAFT_INSECURE: "1", DATABASE_URL_FILE: path }).done;
    expect(read.stdout).toBe(stdout);

    const none = new URL(url);
    none.pathname = "/no_such_database";
    const refused = await serve(none.href).done;
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/The database refuses: .*no_such_database.*Correct DATABASE_URL/);
  });

  it("gives up in the end, and says how to wait longer", async () => {
    // nobody listens on the port of "discard"
    const { code, stdout, stderr } = await serve("postgres://a:secret@127.0.0.1:9/b", {
      GRAFT_DATABASE_WAIT: "1",
    }).done;
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/Waiting for the database: .*ECONNREFUSED/);
    expect(stderr).toMatch(/does not answer after 1 s: .*GRAFT_DATABASE_WAIT/);
    expect(stderr).not.toContain("secret");
  });
});
