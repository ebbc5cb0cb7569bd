/** What a server and a worker of another machine say to each other beside core's protocol. */
import { CoreError, inputFaultsText, PROTOCOL_VERSION, serializedErrorSchema } from "@graft/core";
import * as z from "zod";

const name = z.string().min(1).max(100);

/** A worker's first words. */
export const signInSchema = z.object({
  type: z.literal("sign-in"),
  /** Of graft. */
  version: z.string().max(100),
  /** Of core's protocol. */
  protocol: z.number(),
  /** Who it is, for people: its machine's name. */
  name,
  /** Ids. */
  backends: z.array(name).max(50),
  /** Ids and kinds, whatever a job may name. */
  names: z.array(name).max(50),
  threads: z.int().min(1),
  /** "linux x64, Node v20.20.2" */
  platform: z.string().max(200),
  /** See `proofOf`: of each backend that has one. */
  proofs: z.record(name, z.string().regex(/^[0-9a-f]{64}$/)),
});
export type SignIn = z.infer<typeof signInSchema>;

/** Whatever an older or newer graft says first has these. */
const anySignInSchema = z.object({
  ...{ type: z.literal("sign-in"), version: z.string(), protocol: z.number() },
  name: name.catch("a worker"),
});

/** The server's answer. */
export const answerSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), worker: z.string() }),
  z.object({ type: z.literal("refused"), error: serializedErrorSchema }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** The worker ends: its job is to be stopped for now, and the connection closed. */
export const leavingSchema = z.object({ type: z.literal("leaving") });
export type Leaving = z.infer<typeof leavingSchema>;

/** Who comes with another version of graft than the server's; undefined for one of its version, and for what is no sign-in. */
export function otherVersion(
  message: unknown,
  version: string,
): Pick<SignIn, "name" | "version" | "protocol"> | undefined {
  const { data } = anySignInSchema.safeParse(message);
  if (!data || (data.version === version && data.protocol === PROTOCOL_VERSION)) return undefined;
  return { ...data, version: data.version.slice(0, 100) };
}

/**
 * A worker's first words, when it is one of this server's version.
 * @throws CoreError `unsupported` for another version of graft, which says which is to be updated; `bad-input`.
 */
export function parseSignIn(message: unknown, version: string): SignIn {
  const other = otherVersion(message, version);
  if (other) {
    throw new CoreError("unsupported", {
      what: "The worker has another version of graft than the server.",
      received: `graft ${other.version}, protocol ${other.protocol}`,
      expected: `graft ${version}, protocol ${PROTOCOL_VERSION}`,
      fix: "Install the server's version on the worker's machine, then start the worker again.",
    });
  }
  const parsed = signInSchema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw new CoreError("bad-input", {
    what: "The worker's first message cannot be read.",
    received: inputFaultsText(parsed.error, message),
    fix: "Start it with `graft worker` of the server's version.",
  });
}
