import { type ExecFileSyncOptions, execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
// sources: this is loaded before what was built is up to date
import { placeOnDisk } from "../../packages/core/src/files/folder-node.ts";
import { processStart } from "../../packages/core/src/files/owner-node.ts";
import { NO_POSTGRES, postgresFolder } from "./postgres.ts";

/*
 * One PostgreSQL for a run of tests: started by the first test that asks, on a port of 127.0.0.1, with its files in the run's
 * temporary folder; ended by the run's end. A run that was killed leaves both, and the next run takes them away.
 */

const VARIABLE = "GRAFT_TEST_POSTGRES_RUN";
const PREFIX = "graft-postgres-";

/** Whose programs may not run as root. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => {
    const { status, stdout } = spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : 65534;
  };
  return { uid: id("-u"), gid: id("-g") };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** The server's process, where one has these files. */
async function serverProcess(run: string): Promise<number | undefined> {
  const data = join(run, "data");
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => undefined);
  const pid = Number(text?.split("\n")[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  // a server that was killed leaves its file, and another program may have its number by now
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  return command?.includes(data) || !existsSync("/proc/self") ? pid : undefined;
}

/** Ends the server of a run's folder, at once: what it has is thrown away. */
async function endServer(run: string): Promise<void> {
  const pid = await serverProcess(run);
  if (pid !== undefined) {
    process.kill(pid, "SIGQUIT");
    for (let waited = 0; waited < 200 && (await serverProcess(run)) === pid; waited++)
      await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await rm(run, { recursive: true, force: true, maxRetries: 5 });
}

/** Takes away what runs that were killed have left. */
async function sweepRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid, start] = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || processStart(Number(pid)) === start) continue;
    await endServer(join(tmpdir(), name)).catch(() => undefined);
  }
}

type Command = (name: string, ...words: string[]) => void;

/** PostgreSQL's programs over a run's folder. */
function commands(run: string): Command {
  const programs = postgresFolder();
  if (programs === undefined) throw new Error(NO_POSTGRES);
  const options: ExecFileSyncOptions = { cwd: run, stdio: "pipe", ...serverUser() };
  return (name, ...words) => execFileSync(join(programs, name), words, options);
}

async function makeFiles(run: string): Promise<void> {
  const user = serverUser();
  const data = join(run, "data");
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  if (user) for (const folder of [run, data]) await chown(folder, user.uid, user.gid);
  const words = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"];
  commands(run)("initdb", "-D", data, "-U", "postgres", ...words);
}

function startServer(run: string, port: number): void {
  const settings = {
    ...{ port, listen_addresses: "127.0.0.1", unix_socket_directories: run, max_connections: 200 },
    // a machine that loses power loses the test, too
    ...{ fsync: "off", full_page_writes: "off" },
  };
  const words = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const data = join(run, "data");
  commands(run)("pg_ctl", "-D", data, "-l", join(run, "log"), "-o", words.join(" "), "-w", "start");
}

const address = (port: number | string, database: string): string =>
  `postgres://postgres@127.0.0.1:${port}/${database}`;

// without a start time (systems other than Linux) nobody can tell a later process of this number: it is not swept
const newRun = (): Promise<string> =>
  mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${processStart(process.pid) ?? "x"}-`));

/** A server of a test's own, which may be stopped. */
export async function openPostgresServer(): Promise<
  {
    readonly url: string;
    /** @param mode "immediate": as a kill, what was under way is made good at the next start. @default "fast" */
    stop(mode?: "fast" | "immediate"): void;
    start(): void;
  } & AsyncDisposable
> {
  const run = await newRun();
  const port = await freePort();
  const start = (): void => startServer(run, port);
  await makeFiles(run);
  start();
  return {
    url: address(port, "postgres"),
    start,
    stop: (mode = "fast") => commands(run)("pg_ctl", "-D", join(run, "data"), "-m", mode, "-w", "stop"),
    [Symbol.asyncDispose]: () => endServer(run),
  };
}

/** Vitest's global setup: a folder for the server, should a test want one. */
export default async function postgresOfRun(): Promise<() => Promise<void>> {
  await sweepRuns();
  const run = await newRun();
  process.env[VARIABLE] = run;
  return () => endServer(run);
}

/** The address of a database of the run's server, which is started where it is not there yet. */
export async function testDatabaseUrl(database: string): Promise<string> {
  const run = process.env[VARIABLE];
  if (run === undefined)
    throw new Error("PostgreSQL is started by vitest's global setup, in vitest.config.ts.");
  const portFile = join(run, "port");
  for (;;) {
    const port = await readFile(portFile, "utf8").catch(() => undefined);
    if (port !== undefined) return address(port, database);
    const { folder, path } = placeOnDisk(`${join(dirname(run), `${basename(run)}.lock`)}`);
    const lock = await folder.lock(path);
    if ("holder" in lock) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await using _ = lock;
    if (existsSync(portFile)) continue;
    const free = await freePort();
    await makeFiles(run);
    startServer(run, free);
    await folder.replace(`${basename(run)}/port`, [Buffer.from(String(free))]);
  }
}
