import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { PROGRAM } from "../setup/build-graft.ts";

/** `graft serve` as a user starts it. */
export interface ServedGraft {
  readonly url: string;
  /** An admin's. */
  readonly token: string;
  /** The address with the token, as it is printed. */
  readonly link: string;
  readonly child: ChildProcess;
  /** All that it has printed. */
  said(): string;
  /** Ends it as a user does, or at once. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const LINK = /(http:\/\/\S+)\/enter(?:#(\S+))?/;

/** @param options.port @default any free one @param options.token of a home that has one already, which is not printed again */
export async function serveGraft(
  home: string,
  options: { readonly port?: number; readonly token?: string; readonly flags?: readonly string[] } = {},
): Promise<ServedGraft> {
  const { port = 0, flags = [] } = options;
  const words = ["serve", "--port", String(port), "--home", home, ...flags];
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, GRAFT_OFFLINE: "1" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (piece: Buffer) => {
      said += piece.toString();
    });
  let found = LINK.exec(said);
  while (!found) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = LINK.exec(said);
    if (!found && child.exitCode !== null) throw new Error(said);
  }
  const [, url = "", token = options.token ?? ""] = found;
  return {
    ...{ url, token, link: `${url}/enter#${token}`, child, said: () => said },
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    },
  };
}
