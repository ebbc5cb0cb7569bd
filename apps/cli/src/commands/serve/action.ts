import { packageVersion } from "../../environment/package-version.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { asUsage } from "../../exit/as-usage.ts";
import { EXIT } from "../../exit/exit-codes.ts";
import { inFlags } from "../../options/flag-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { loadServer } from "./load-server.ts";
import { serverOptions } from "./server-flags.ts";

const LEFT_MS = 1000;

/** `graft serve`: until a signal ends it. */
export async function serve(context: CommandContext, flags: Flags): Promise<void> {
  const { environment, json } = context;
  const ending = endOnSignal();
  const { startServer, checkOptions, letHeapGrow } = await loadServer();
  const options = serverOptions(flags, environment.variables);
  asUsage(() => checkOptions(options));
  letHeapGrow();
  const server = await startServer({
    ...options,
    // who sits before it reads what went wrong; a file or a collector of logs gets all
    logLevel: options.logLevel ?? (environment.interactive ? "warn" : "info"),
    ...{ home: environment.home, version: packageVersion(), env: environment.variables },
  });
  const { url, admin, warnings, lanText, port } = server;
  const enterUrl = admin.token === undefined ? undefined : `${url}/enter#${admin.token}`;
  if (json) printJson({ url, enterUrl: enterUrl ?? null, port, adminToken: admin.path, warnings });
  else {
    // a log that keeps what is printed shall hold the token once at most
    const isShown = admin.isNew || environment.interactive;
    print(isShown && enterUrl !== undefined ? enterUrl : `${url}/enter`);
    if (!isShown || enterUrl === undefined) note(whereToken(context, admin));
    for (const warning of warnings) note(inFlags(warning));
    if (lanText !== undefined) note(lanText);
  }
  await ending.asked;
  if (!json)
    note(
      "Ending: trainings are stopped at a checkpoint and go on at the next start. Press Ctrl-C again to end at once.",
    );
  await server.close();
  ending.stop();
  // what the end did not wait for any longer shall not keep the process
  setTimeout(() => process.exit(), LEFT_MS).unref();
}

function whereToken(
  { environment }: CommandContext,
  { token, path }: { readonly token: string | undefined; readonly path: string },
): string {
  if (token !== undefined)
    return `The token to come in with is in ${path}. To see the address with it: ${nextCommand(environment, ["server", "token"])}`;
  return `The admin's token in ${path} has ended or was revoked. Remove that file and start again to get another: ${nextCommand(environment, ["serve"])}`;
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** The first signal asks for an end, the second one is one. */
function endOnSignal(): { readonly asked: Promise<void>; readonly stop: () => void } {
  let ask = (): void => undefined;
  const asked = new Promise<void>((settle) => {
    ask = settle;
  });
  let count = 0;
  const onSignal = (): void => {
    count++;
    if (count > 1) process.exit(EXIT.interrupted);
    ask();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    asked,
    stop: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
