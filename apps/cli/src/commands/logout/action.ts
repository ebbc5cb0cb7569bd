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
        ? "Signed out: commands work on this computer again. The token itself stays valid until it ends or is revoked on the server."
        : "Nobody was signed in.",
    );
}
