import { readFile } from "node:fs/promises";
import { UsageError } from "../exit/exit-codes.ts";

const CONFIG_FILES =
  "Expected: a model's graft.json or a run's run.json. Give one of these, or a file of options with the same names.";

/**
 * What `--config FILE` holds: a config, or something that carries one as `config` (a model's graft.json, a run's record).
 * The schema checks it afterwards.
 * @throws UsageError for a file that cannot be read or is no JSON object.
 */
export async function readSavedConfig(file: unknown): Promise<unknown> {
  if (typeof file !== "string") return {};
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--config: ${file} cannot be read (${cause.code}).`);
  });
  const value = parsed(text, file);
  return "config" in value ? asObject(value.config, file) : value;
}

function parsed(text: string, file: string): object {
  try {
    return asObject(JSON.parse(text), file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--config: ${file} is not JSON. ${CONFIG_FILES}`);
  }
}

function asObject(value: unknown, file: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`--config: ${file} holds no training options. ${CONFIG_FILES}`);
}

/** A file with keys that are no options: most of the time another file than was meant. */
export function unknownKeysMessage(file: string, keys: readonly string[]): string {
  const named = keys.slice(0, 4).map((key) => JSON.stringify(key));
  const more = keys.length > named.length ? ` and ${keys.length - named.length} more` : "";
  const verb = keys.length === 1 ? "is not a training option" : "are not training options";
  return `--config: ${file} holds ${named.join(", ")}${more}, which ${verb}. ${CONFIG_FILES}`;
}
