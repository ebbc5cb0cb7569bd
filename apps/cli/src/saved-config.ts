import { readFile } from "node:fs/promises";
import { UsageError } from "./exit-codes.ts";

/**
 * What `--config FILE` holds: a config, or something that carries one as `config` (a model's graft.json, a run's record).
 * The schema checks it afterwards.
 * @throws UsageError for a file that can not be read or is no JSON object.
 */
export async function readSavedConfig(file: unknown): Promise<unknown> {
  if (typeof file !== "string") return {};
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--config: ${file} can not be read (${cause.code}).`);
  });
  const value = parsed(text, file);
  return "config" in value ? value.config : value;
}

function parsed(text: string, file: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new UsageError(
    `--config: ${file} is no JSON object. Expected what \`graft runs show RUN --json\` prints as config.`,
  );
}
