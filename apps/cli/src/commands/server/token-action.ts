import { CoreError } from "@graft/core";
import { nextCommand } from "../../environment/self-command.ts";
import { print, printJson } from "../../output/stdout.ts";
import type { CommandContext } from "../../session/context.ts";
import { loadServer } from "../serve/load-server.ts";

/** `graft server token`: the address with the admin's token once more, for who runs the server and lost it. */
export async function tellToken({ environment, json }: CommandContext): Promise<void> {
  const { home } = environment;
  const { homeToken, readAddress } = await loadServer();
  const token = await homeToken(home);
  if (token === undefined)
    throw new CoreError("not-found", {
      what: "No server has kept an admin's token in this home.",
      received: home,
      fix: `Start the server: it makes one. ${nextCommand(environment, ["serve"])}`,
    });
  const url = (await readAddress(home))?.url;
  const enterUrl = url === undefined ? undefined : `${url}/enter#${token}`;
  if (json) printJson({ token, url: url ?? null, enterUrl: enterUrl ?? null });
  else print(enterUrl ?? token);
  // it is one word for a script, and a sentence for who reads
  if (!json && enterUrl === undefined)
    process.stderr.write(
      `The server does not run, so it has no address now. Start it: ${nextCommand(environment, ["serve"])}\n`,
    );
}
