import { CoreError } from "@graft/core";
import { packageVersion } from "../../environment/package-version.ts";
import { EXIT, UsageError } from "../../exit/exit-codes.ts";
import { asCoreError, connect } from "../../server/client.ts";
import type { Credentials } from "../../server/credentials.ts";
import { readCa } from "../../server/read-ca.ts";
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
  named: Credentials | undefined,
): Promise<void> {
  if (!named)
    throw new UsageError(
      "worker: no server is named. Add --server ADDRESS --token TOKEN (or set GRAFT_SERVER and GRAFT_TOKEN), with a token of the role worker.",
    );
  const server = typeof flags.ca === "string" ? { ...named, ca: (await readCa(flags.ca)).pem } : named;
  // what another try would not change is told before the engines are looked at, which takes seconds
  const isRefused = (await checkDoor(server)) === "other-version";
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    note("Ending. Press Ctrl-C again to end at once.");
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
      // signs in to be sent away: those who wait there for a worker hear why there is none
      ...(isRefused ? { backends: { ids: [], names: [], proofs: {} } } : {}),
      ...(server.ca === undefined ? {} : { ca: server.ca }),
    });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/**
 * Looks whether a server takes this worker, or it cannot be asked yet.
 * @throws CoreError for a token that lets no worker in.
 */
async function checkDoor(server: Credentials): Promise<"open" | "other-version"> {
  const { api } = connect(server);
  try {
    const { role } = await api.system.me.query();
    if (role !== "worker" && role !== "admin")
      throw new CoreError("forbidden", {
        what: "This token is not a worker's.",
        received: `a token of the role ${role}`,
        fix: "Use one of the role worker: on the server, `graft serve --worker-token FILE` writes one into a file.",
      });
    return (await api.system.version.query()).version === packageVersion() ? "open" : "other-version";
  } catch (error) {
    const told = asCoreError(error, server.url);
    if (told instanceof CoreError) {
      if (told.code === "unsupported") return "other-version";
      // one that is not there yet is waited for
      if (told.code === "offline" || told.code === "busy") return "open";
    }
    throw told;
  }
}
