import type { AccountRow, AuditRow, Role, TokenScope } from "@graft/api";
import { index, unique } from "drizzle-orm/pg-core";
import { graft, json, text, whole } from "./columns.ts";

export const groups = graft.table("groups", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: whole("created_at").notNull(),
  endsAt: whole("ends_at").notNull(),
});

export const accounts = graft.table(
  "accounts",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    role: text("role").$type<AccountRow["role"]>().notNull(),
    group: text("group_id").references(() => groups.id),
    createdAt: whole("created_at").notNull(),
    endsAt: whole("ends_at"),
  },
  (table) => [
    unique("accounts_name_of_group").on(table.group, table.name).nullsNotDistinct(),
    index("accounts_by_name").on(table.name, table.id),
  ],
);

export const tokens = graft.table(
  "tokens",
  {
    id: text("id").primaryKey(),
    account: text("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    role: text("role").$type<Role>().notNull(),
    scope: json<TokenScope>("scope").notNull(),
    hash: text("hash").notNull().unique("tokens_hash"),
    createdAt: whole("created_at").notNull(),
    endsAt: whole("ends_at"),
    lastUsedAt: whole("last_used_at"),
    lastFrom: text("last_from"),
    revokedAt: whole("revoked_at"),
  },
  (table) => [
    index("tokens_of_account").on(table.account, table.createdAt, table.id),
    index("tokens_by_time").on(table.createdAt, table.id),
  ],
);

/** It outlives accounts and tokens: no references. */
export const audit = graft.table(
  "audit",
  {
    id: text("id").primaryKey(),
    at: whole("at").notNull(),
    what: text("what").$type<AuditRow["what"]>().notNull(),
    by: text("by_account"),
    token: text("token_id"),
    from: text("from_address"),
    facts: json<AuditRow["facts"]>("facts").notNull(),
  },
  (table) => [
    index("audit_by_time").on(table.at, table.id),
    index("audit_of_account").on(table.by, table.at, table.id),
  ],
);
