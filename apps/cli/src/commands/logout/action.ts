import { print, printJson } from "../../output/stdout.ts";
import { removeCredentials } from "../../server/credentials.ts";
import type { CommandContext } from "../../session/context.ts";

/** `graft logout`: forgets the token. The server keeps it until it ends or is revoked there. */
export async function logout({ environment, json }: CommandContext): Promise<void> {
  const was = await removeCredentials(environment.home);
  if (json) printJson({ signedOut: was });
  else
    print(
      was
        ? "Signed out: commands are done on this computer. The token itself is good until it ends or is revoked."
        : "Nobody was signed in.",
    );
}
