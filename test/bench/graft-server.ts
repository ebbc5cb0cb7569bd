// `graft serve` as users start it, for benches: a process of its own on a home of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM } from "../setup/build-graft.ts";

export interface GraftServer extends AsyncDisposable {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  /** Of the admin. */
  readonly token: string;
  /** Of the server, which has started the processes that work for it. */
  readonly pid: number;
  /** Milliseconds from its start to the line that says where it is. */
  readonly startMs: number;
}

/**
 * @param options.home @default a new one, removed afterwards
 * @throws Error with what it said when it ends.
 */
export async function startGraftServer({
  home,
  words = [],
}: {
  readonly home?: string;
  readonly words?: readonly string[];
} = {}): Promise<GraftServer> {
  const place = home ?? (await mkdtemp(join(tmpdir(), "graft-bench-server-")));
  const begun = performance.now();
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--home", place, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, GRAFT_OFFLINE: "1" },
  });
  let said = "";
  const link = await new Promise<RegExpExecArray>((done, fail) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = /(http:\/\/[^\s/]+)\/enter#(\S+)/.exec(said);
        if (found) done(found);
      });
    child.once("exit", (code) => fail(new Error(`graft serve ended with ${code}: ${said}`)));
  });
  const [, url = "", token = ""] = link;
  return {
    ...{ url, token, pid: child.pid ?? 0, startMs: performance.now() - begun },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      if (home === undefined) await rm(place, { recursive: true, force: true });
    },
  };
}
