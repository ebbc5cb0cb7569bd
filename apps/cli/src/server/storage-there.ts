import { CoreError } from "@graft/core";
import { UsageError } from "../exit/exit-codes.ts";
import { print, printJson } from "../output/stdout.ts";
import { byteSize, table } from "../output/text.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";

type Api = ServerClient["api"]["system"];
type FreeableKind = Parameters<Api["freeStorage"]["mutate"]>[0]["kinds"][number];

/** What a server gives up where it is asked to. */
const FREEABLE = [
  ...(["features", "archives", "export", "unnamed", "old-checkpoint"] as const),
  ...(["known-sets", "weights", "old-rows"] as const),
] as const satisfies readonly FreeableKind[];
/** What a home's cache is made of. */
const CACHED = ["features", "archives"] as const satisfies readonly FreeableKind[];

async function asking<T>(server: Credentials, work: (system: Api) => Promise<T>): Promise<T> {
  try {
    return await work(connect(server).api.system);
  } catch (error) {
    const told = asCoreError(error, server.url);
    if (!(told instanceof CoreError) || told.code !== "forbidden") throw told;
    throw new CoreError(
      "forbidden",
      {
        what: "What takes room on a server is for its admins.",
        received: told.parts.what,
        fix: "Ask an admin; for the cache of this computer add --local.",
      },
      { cause: told },
    );
  }
}

/** `graft cache show` of a server: all that takes room there. */
export async function showStorage({ json }: CommandContext, server: Credentials): Promise<void> {
  const found = await asking(server, (system) => system.storage.query());
  if (json) {
    printJson(found);
    return;
  }
  const { kinds, all, freeDiskBytes } = found;
  const there = kinds.filter(({ bytes }) => bytes > 0);
  const free = freeDiskBytes === null ? "" : `; ${byteSize(freeDiskBytes)} of its disk are free`;
  print(`${server.url}: ${byteSize(all.bytes)}, ${byteSize(all.freeableBytes)} can go${free}`);
  if (there.length === 0) return;
  print(
    `\n${table(
      [
        ["kind", "size", "number", "can go", "what it is"],
        ...there.map(({ kind, bytes, count, freeableBytes, what }) => [
          ...[kind, byteSize(bytes), count === null ? "" : String(count)],
          ...[freeableBytes === 0 ? "-" : byteSize(freeableBytes), what],
        ]),
      ],
      { names: 1 },
    )}`,
  );
  const going = there.filter(({ freeableBytes }) => freeableBytes > 0);
  if (going.length === 0) return;
  print(`\nWhat comes of it when it goes (graft cache prune --only KIND):`);
  for (const { kind, goes } of going) print(`${kind}: ${goes}`);
}

/** `graft cache prune` of a server: its cache, or the kinds that `--only` names. */
export async function freeStorage(
  { json }: CommandContext,
  server: Credentials,
  flags: Flags,
): Promise<void> {
  const kinds = kindsOf(flags.only);
  const freed = await asking(server, (system) =>
    system.freeStorage.mutate({ kinds, keepBytes: Number(flags.maxBytes) }),
  );
  if (json) {
    printJson(freed);
    return;
  }
  const said = freed.kinds.filter(({ bytes }) => bytes > 0);
  const parts = said.map(({ kind, bytes }) => `${kind} ${byteSize(bytes)}`).join(", ");
  print(`Freed ${byteSize(freed.freedBytes)} on ${server.url}${parts === "" ? "" : ` (${parts})`}.`);
  const kept = kinds.filter((kind) => !freed.kinds.some((one) => one.kind === kind));
  if (kept.length > 0) print(`${kept.join(", ")}: work that is under way may need them, so they stay.`);
}

/** @throws UsageError for a kind that no server gives up. */
function kindsOf(words: unknown): FreeableKind[] {
  if (!Array.isArray(words)) return [...CACHED];
  return words.map((word) => {
    const kind = FREEABLE.find((one) => one === word);
    if (kind === undefined)
      throw new UsageError(`--only: a server gives up ${FREEABLE.join(", ")}, and not ${word}.`);
    return kind;
  });
}
