import { UsageError } from "../../exit/exit-codes.ts";
import { print, printJson } from "../../output/stdout.ts";
import { asCoreError, connect } from "../../server/client.ts";
import { serverUrl, writeCredentials } from "../../server/credentials.ts";
import { readCa } from "../../server/read-ca.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { signedInText } from "./signed-in-text.ts";

/**
 * `graft login ADDRESS`: tries the token and keeps it. A link as `graft serve` prints it (`…/enter#TOKEN`) has it with it;
 * else `--token`, GRAFT_TOKEN, or the first line of standard input.
 */
export async function login(context: CommandContext, flags: Flags, address: string): Promise<void> {
  const [place = "", inLink] = address.split("#");
  const url = serverUrl(place, "address");
  const given = typeof flags.ca === "string" ? await readCa(flags.ca) : undefined;
  const token = await tokenOf(context, flags, inLink);
  const server = { url, token, ca: given?.pem };
  try {
    const { name, role, endsAt } = await connect(server).api.system.me.query();
    const file = await writeCredentials(context.environment.home, server);
    const fingerprint = given?.fingerprint;
    if (context.json) printJson({ url, name, role, endsAt, certificate: fingerprint ?? null });
    else print(signedInText({ url, name, role, endsAt, file, fingerprint }));
  } catch (error) {
    throw asCoreError(error, url);
  }
}

async function tokenOf(
  { environment: { variables } }: CommandContext,
  flags: Flags,
  inLink: string | undefined,
): Promise<string> {
  if (typeof flags.token === "string") return flags.token;
  if (inLink) return decodeURIComponent(inLink);
  const given = variables.GRAFT_TOKEN?.trim();
  if (given) return given;
  if (!process.stdin.isTTY) {
    let text = "";
    for await (const piece of process.stdin) text += String(piece);
    const [line = ""] = text.trim().split("\n");
    if (line !== "") return line.trim();
  }
  throw new UsageError(
    "login: a token is needed. Give the whole link that graft serve prints, add --token TOKEN, set GRAFT_TOKEN, or pipe the token in.",
  );
}
