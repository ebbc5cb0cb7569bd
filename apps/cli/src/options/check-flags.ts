import { stat } from "node:fs/promises";
import { CoreError, checkUrl } from "@graft/core";
import type { Command } from "commander";
import type { CliEnvironment } from "../environment/env.ts";
import { UsageError } from "../exit/exit-codes.ts";

/**
 * Values that no command can use are refused before any work: empty ones (a shell's variable that is not set), and names
 * of weights and backends that nothing has.
 * @throws UsageError
 */
export async function checkFlags(
  command: Command,
  { home, variables }: Pick<CliEnvironment, "home" | "variables">,
): Promise<void> {
  const flags: Readonly<Record<string, unknown>> = command.optsWithGlobals();
  const options = [command, command.parent, command.parent?.parent].flatMap((each) => each?.options ?? []);
  for (const option of options)
    if (flags[option.attributeName()] === "")
      throw new UsageError(`${option.long}: it needs a value. Give one, or leave the flag out.`);
  checkArguments(command);
  const { weights, backend } = flags;
  if (typeof weights === "string") await checkWeights(weights, home);
  const fromEnvironment = variables.GRAFT_BACKEND?.trim();
  if (typeof backend === "string") await checkBackend("--backend", backend);
  else if (fromEnvironment && options.some((option) => option.attributeName() === "backend"))
    await checkBackend("GRAFT_BACKEND", fromEnvironment);
}

/** As a path, nothing is the folder that one happens to be in. */
function checkArguments({ registeredArguments, processedArgs }: Command): void {
  for (const [i, argument] of registeredArguments.entries()) {
    const given: unknown = processedArgs[i];
    const words: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (words.some((word) => typeof word === "string" && word.trim() === ""))
      throw new UsageError(
        `${argument.name()}: it must not be empty. Received: "". Expected: ${argument.description}.`,
      );
  }
}

async function checkBackend(flag: string, name: string): Promise<void> {
  const { checkBackendName } = await import("@graft/backend-select");
  asUsage(`${flag}: `, () => checkBackendName(name));
}

/** What an address or a file holds is seen when it is read; what is no name and no address is a path, or a run's id. */
async function checkWeights(name: string, home: string): Promise<void> {
  if (["auto", "bundled", "imagenet"].includes(name)) return;
  if (/^file:/i.test(name)) return;
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return checkAddress(name, "--weights: ");
  const found = await stat(name).catch(() => undefined);
  if (found?.isFile()) return;
  const { placeOfWeights } = await import("@graft/core/node");
  const place = await placeOfWeights(name, home).catch((error: unknown) => {
    if (!(error instanceof CoreError)) throw error;
    throw new UsageError(`--weights: it is neither a file nor a graft model. ${error.message}`);
  });
  if (place.kind === "model") return;
  throw new UsageError(
    `--weights: there is no such name or file. Received: ${name}. Expected: auto, bundled, imagenet, an address (https://…), the path of a .h5, .h5.gz, .keras or model.json, or a graft model (its folder or its run's id).`,
  );
}

/** @throws UsageError for what is no address of the web, or has a password in it. */
export function checkAddress(address: string, flag = ""): void {
  asUsage(flag, () => checkUrl(address));
}

function asUsage(flag: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (error instanceof CoreError) throw new UsageError(`${flag}${error.message}`);
    throw error;
  }
}
