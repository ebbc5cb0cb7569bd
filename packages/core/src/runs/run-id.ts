/** What a run's id may be: readable, sortable by time, safe in a shell and as a folder's name. */
const RUN_ID = /^[a-z0-9][a-z0-9-]{0,99}$/;

export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** Latin letters and digits of a name (of a path its last part), "-" between; at most 32 characters. */
function slug(name: string): string {
  const last = name.split(/[\\/]/).filter((part) => part !== "");
  const plain = (last.at(-1) ?? "")
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replace(/^-+|-+$/g, "");
}

/**
 * `20261124-153012-cats-dogs-a1b2`.
 * @param options.time milliseconds since 1970; written in UTC, so that ids sort across summer time.
 * @param options.suffix tells runs of one second apart.
 */
export function makeRunId(options: {
  readonly time: number;
  readonly name: string;
  readonly suffix: string;
}): string {
  const [date = "", clock = ""] = new Date(options.time).toISOString().split(/[T.]/);
  const parts = [date.replaceAll("-", ""), clock.replaceAll(":", ""), slug(options.name), options.suffix];
  return parts.filter((part) => part !== "").join("-");
}

/** An id of its own for a run of a data set, whatever other process makes one at the same time. */
export function newRunId(name: string, time: number): string {
  const random = crypto.getRandomValues(new Uint8Array(2));
  const suffix = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return makeRunId({ time, name, suffix });
}
