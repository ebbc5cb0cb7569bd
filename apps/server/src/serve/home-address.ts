import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { readPrivate, writePrivate } from "@graft/core/node";
import * as z from "zod";

/** How a command of this machine reaches the server that has the home; good as long as it has it. */
export interface HomeAddress {
  readonly url: string;
  /** PEM of the authority that its certificate is from; undefined: there is none, or the system trusts it. */
  readonly ca?: string | undefined;
}

const addressSchema = z.object({ url: z.string(), ca: z.string().optional() });

const pathIn = (home: string): string => join(home, "server", "address.json");

export const tellAddress = (home: string, { url, ca }: HomeAddress): Promise<void> =>
  writePrivate(pathIn(home), `${JSON.stringify({ url, ca })}\n`);

export const forgetAddress = (home: string): Promise<void> => rm(pathIn(home), { force: true });

/** @returns undefined where no server told one, or where what it told cannot be read. */
export async function readAddress(home: string): Promise<HomeAddress | undefined> {
  const text = await readFile(pathIn(home), "utf8").catch(() => "");
  try {
    return addressSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The token of the home's admin, where its file is. */
export const homeToken = async (home: string): Promise<string | undefined> =>
  (await readPrivate(join(home, "server", "admin-token")))?.trim() || undefined;
