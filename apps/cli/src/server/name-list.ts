import { CoreError } from "@graft/core";

/** What lists things of a server. */
const LISTS: ReadonlyMap<unknown, string> = new Map([
  ["run", "graft runs list"],
  ["data set", "graft datasets list"],
  ["search", "graft searches list"],
]);

/** A server's refusal of something that is not there, with the command that says what is. */
export function nameList(error: Error): Error {
  if (!(error instanceof CoreError) || error.code !== "not-found") return error;
  const { parts, facts, cause } = error;
  const list = LISTS.get(facts.thing);
  if (list === undefined) return error;
  return new CoreError("not-found", { ...parts, fix: `To see all of them: \`${list}\`` }, { facts, cause });
}
