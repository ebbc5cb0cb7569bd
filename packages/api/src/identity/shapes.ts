/** Inputs and answers that several routers of this folder share. Times are ISO 8601 outside, milliseconds inside. */
import { visibleText } from "@graft/core";
import * as z from "zod";
import { type AccountRow, type GroupRow, ROLES, type TokenRow } from "../ports/rows.ts";
import type { MadeToken } from "./token-row.ts";
import { enterAddress } from "./token-row.ts";

/** Of an account, a token, a data set … */
export const idInput = z.string().min(1).max(100);

/** A name as people give one: one line that is seen. */
export const nameInput = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => visibleText(name) === name, {
    error: "it must have no line breaks and no hidden characters",
  });

/** "2027-07-31T22:00:00Z" → milliseconds since 1970. */
export const timeInput = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

export const pageInput = {
  /** `next` of the page before. */
  after: z.string().max(1000).optional(),
  limit: z.int().min(1).max(200).default(50),
};

export const time = (at: number): string => new Date(at).toISOString();
export const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));
export const timeOutput = z.iso.datetime();

export const accountOutput = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(["admin", "member", "pupil"]),
  group: z.string().nullable(),
  createdAt: timeOutput,
  endsAt: timeOutput.nullable(),
});

export function accountAnswer(account: AccountRow): z.infer<typeof accountOutput> {
  const { id, name, role, group, createdAt, endsAt } = account;
  return { id, name, role, group, createdAt: time(createdAt), endsAt: timeOrNull(endsAt) };
}

export const groupOutput = z.object({
  id: z.string(),
  name: z.string(),
  createdBy: z.string(),
  createdAt: timeOutput,
  endsAt: timeOutput,
});

export function groupAnswer({
  id,
  name,
  createdBy,
  createdAt,
  endsAt,
}: GroupRow): z.infer<typeof groupOutput> {
  return { id, name, createdBy, createdAt: time(createdAt), endsAt: time(endsAt) };
}

export const tokenOutput = z.object({
  id: z.string(),
  account: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  scope: z.object({
    dataset: z.string().optional(),
    class: z.string().optional(),
    runs: z.array(z.string()).optional(),
    perMinute: z.number().optional(),
    isTryLink: z.boolean().optional(),
  }),
  createdAt: timeOutput,
  endsAt: timeOutput.nullable(),
  lastUsedAt: timeOutput.nullable(),
  lastFrom: z.string().nullable().meta({ description: "Address of the last use" }),
  revokedAt: timeOutput.nullable(),
});

export function tokenAnswer(token: TokenRow): z.infer<typeof tokenOutput> {
  const { id, account, name, role, scope, lastFrom } = token;
  const { dataset, class: className, runs, perMinute, isTryLink } = scope;
  return {
    ...{ id, account, name, role, lastFrom },
    scope: {
      ...(dataset === undefined ? {} : { dataset }),
      ...(className === undefined ? {} : { class: className }),
      ...(runs === undefined ? {} : { runs: [...runs] }),
      ...(perMinute === undefined ? {} : { perMinute }),
      ...(isTryLink === undefined ? {} : { isTryLink }),
    },
    createdAt: time(token.createdAt),
    endsAt: timeOrNull(token.endsAt),
    lastUsedAt: timeOrNull(token.lastUsedAt),
    revokedAt: timeOrNull(token.revokedAt),
  };
}

/** A token that was made: the one time that it is shown. */
export const madeOutput = z.object({
  token: tokenOutput,
  secret: z.string().meta({ description: "The token, shown this once and kept nowhere" }),
  address: z.string().meta({ description: "Below the server's address, with the token behind #" }),
});

export function madeAnswer({ row, secret }: MadeToken): z.infer<typeof madeOutput> {
  return { token: tokenAnswer(row), secret, address: enterAddress(secret) };
}

/** What goes with accounts that are deleted. */
export const ownedOutput = z.object({
  datasets: z.int(),
  images: z.int(),
  bytes: z.number().meta({ description: "Of the images" }),
  runs: z.int(),
});
