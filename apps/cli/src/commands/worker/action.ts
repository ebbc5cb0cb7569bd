import { readFile } from "node:fs/promises";
import { packageVersion } from "../../environment/package-version.ts";
import { EXIT, UsageError } from "../../exit/exit-codes.ts";
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
      "worker: which server is not said. Add --server ADDRESS --token TOKEN, with a token of the role worker.",
    );
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    note("Ending: the training stops where it can be gone on from. Press Ctrl-C again to end at once.");
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
