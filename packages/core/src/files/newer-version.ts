import { CoreError } from "../errors.ts";

/**
 * The refusal of a file of a later format: to be told as such, not as damage, because nothing is wrong with the file.
 * @param where the file's path, for the message.
 * @param received the file's version, such as "version 3".
 * @param expected the newest that is read.
 * @returns CoreError `unsupported`.
 */
export function newerVersionError(where: string, received: string, expected: string): CoreError {
  const what = `${where} was written by a newer graft.`;
  return new CoreError("unsupported", { what, received, expected, fix: "Use that newer version of graft." });
}
