import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "@graft/core";
import { readPrivate, writePrivate } from "@graft/core/node";
import * as z from "zod";
import type { CliEnvironment } from "../environment/env.ts";
import { UsageError } from "../exit/exit-codes.ts";

/** The server that commands are sent to, and what lets them in. */
export interface Credentials {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** Certificates (PEM) that it is believed by, beside those that every program believes. */
  readonly ca?: string | undefined;
}

const FILE = "login.json";

const storedSchema = z.object({
  ...{ version: z.literal(1), url: z.string(), token: z.string() },
  ca: z.string().optional(),
});

/**
 * An address as it was typed → the server's.
 * @throws UsageError for what is no address of a server.
 */
export function serverUrl(text: string, flag = "--server"): string {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.search !== "")
    throw new UsageError(
      `${flag}: this is no address of a server. Received: ${text}. Expected: an address such as http://127.0.0.1:4700.`,
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/enter$/, "")}`;
}

/** What `graft login` kept; undefined: nobody is signed in. @throws CoreError `corrupt` */
export async function readCredentials(home: string): Promise<Credentials | undefined> {
  const path = join(home, FILE);
  const text = await readPrivate(path);
  if (text === undefined) return undefined;
  try {
    const { version: _, ...kept } = storedSchema.parse(JSON.parse(text));
    return kept;
  } catch (error) {
    const what = "What `graft login` kept cannot be read.";
    throw new CoreError("corrupt", { what, received: path, fix: "Sign in again." }, { cause: error });
  }
}

/** Keeps them for this user alone. @throws CoreError `disk-full`, `bad-input` */
export async function writeCredentials(home: string, { url, token, ca }: Credentials): Promise<string> {
  const path = join(home, FILE);
  await writePrivate(path, `${JSON.stringify({ version: 1, url, token, ca }, undefined, 2)}\n`);
  return path;
}

/** @returns whether somebody was signed in. */
export async function removeCredentials(home: string): Promise<boolean> {
  const there = await readCredentials(home).catch(() => ({}));
  await rm(join(home, FILE), { force: true });
  return there !== undefined;
}

/**
 * Where a command is sent to: `--server` and `--token`, else GRAFT_SERVER and GRAFT_TOKEN, else where `graft login` signed in;
 * undefined: it is done here.
 * @throws UsageError for a server without a token.
 */
export async function findServer(
  flags: { readonly server?: unknown; readonly token?: unknown; readonly local?: unknown },
  { home, variables }: Pick<CliEnvironment, "home" | "variables">,
): Promise<Credentials | undefined> {
  if (flags.local === true) return undefined;
  const kept = await readCredentials(home);
  const typed = typeof flags.server === "string" ? flags.server : variables.GRAFT_SERVER?.trim() || undefined;
  const given = typeof flags.token === "string" ? flags.token : variables.GRAFT_TOKEN?.trim() || undefined;
  if (typed === undefined) {
    if (given !== undefined && kept) return { ...kept, token: given };
    return kept;
  }
  const url = serverUrl(typed, typeof flags.server === "string" ? "--server" : "GRAFT_SERVER");
  // another server is not believed for the certificate of this one
  const same = kept?.url === url ? kept : undefined;
  const token = given ?? same?.token;
  if (token !== undefined) return { url, token, ca: same?.ca };
  throw new UsageError(
    `--server: a token is needed, too. Add --token TOKEN (or GRAFT_TOKEN), or sign in once: graft login ${url}`,
  );
}
