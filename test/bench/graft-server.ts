// `graft serve` as users start it, for benches: a process of its own on a home of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveGraft } from "../cli/serve-graft.ts";

export interface GraftServer extends AsyncDisposable {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  /** Of the admin. */
  readonly token: string;
  /** Of the server, which has started the processes that work for it. */
  readonly pid: number;
}

/** @throws Error with what it said when it ends. */
export async function startGraftServer(): Promise<GraftServer> {
  const home = await mkdtemp(join(tmpdir(), "graft-bench-server-"));
  const { url, token, child, stop } = await serveGraft(home);
  return {
    ...{ url, token, pid: child.pid ?? 0 },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
