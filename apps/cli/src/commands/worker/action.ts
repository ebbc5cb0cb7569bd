import { readFile } from "node:fs/promises";
import { CoreError } from "@graft/core";
import { packageVersion } from "../../environment/package-version.ts";
import { EXIT, UsageError } from "../../exit/exit-codes.ts";
import { asCoreError, connect } from "../../server/client.ts";
import type { Credentials } from "../../server/credentials.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { loadServer } from "../serve/load-server.ts";

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * `graft worker`: claims trainings of a server until a signal ends it; what it works on is then stopped where it can be gone
 * on from, and goes back into the line. A second signal ends it at once.
 */
export async function worker(
  { environment }: CommandContext,
  flags: Flags,
  server: Credentials | undefined,
): Promise<void> {
  if (!server)
    throw new UsageError(
      "worker: no server is named. Add --server ADDRESS --token TOKEN (or set GRAFT_SERVER and GRAFT_TOKEN), with a token of the role worker.",
    );
  // what another try would not change is told before the engines are looked at, which takes seconds
  if (flags.ca === undefined) await checkDoor(server);
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    note(
      "Ending: the training is stopped so that another worker can go on with it. Press Ctrl-C again to end at once.",
    );
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    const { workForServer } = await loadServer();
    await workForServer({
      ...{ server: server.url, token: server.token, version: packageVersion(), home: environment.home },
      ...{ env: environment.variables, signal: controller.signal, onLog: note },
      ...(typeof flags.name === "string" ? { name: flags.name } : {}),
      ...(typeof flags.threads === "number" ? { threads: flags.threads } : {}),
      ...(typeof flags.ca === "string" ? { ca: await readFile(flags.ca, "utf8") } : {}),
    });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** @throws CoreError for a token that lets no worker in, and for a server of another version. */
async function checkDoor(server: Credentials): Promise<void> {
  const { api } = connect(server);
  try {
    const there = (await api.system.version.query()).version;
    if (there !== packageVersion())
      throw new CoreError("unsupported", {
        what: "The worker has another version of graft than the server.",
        received: `graft ${packageVersion()}`,
        expected: `graft ${there}`,
        fix: "Install the server's version on the worker's machine, then start the worker again.",
      });
    const { role } = await api.system.me.query();
    if (role === "worker" || role === "admin") return;
    throw new CoreError("forbidden", {
      what: "This token is not a worker's.",
      received: `a token of the role ${role}`,
      fix: "Use one of the role worker: on the server, `graft serve --worker-token FILE` writes one into a file.",
    });
  } catch (error) {
    const told = asCoreError(error, server.url);
    // one that is not there yet is waited for
    if (told instanceof CoreError && (told.code === "offline" || told.code === "busy")) return;
    throw told;
  }
}
