import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { openTestIdentity } from "./open-identity.ts";

it("no token and no code stands in any row, or in any error", async () => {
  await using test = await openTestIdentity("pglite");
  const { services, store, clock } = test;
  const admin = await test.person({ role: "admin" });
  const member = await services.accounts.create(admin.caller, { name: "Ada", role: "member" });
  const token = await services.tokens.create(admin.caller, { name: "script", role: "worker" });
  const sheet = await services.groups.create(admin.caller, {
    name: "7b",
    pupils: 2,
    endsAt: clock.now + 1e6,
  });
  const first = await services.identity.hostToken("start", null);
  const codes = sheet.lines.map(({ code }) => code);
  const secrets = [admin.secret, member.secret, token.secret, first, ...codes];
  for (const secret of secrets) await services.identity.signIn(secret, { from: "192.0.2.1" });
  const errors: unknown[] = [];
  const refused = async (secret: string) =>
    errors.push(
      await services.identity.byToken(secret, { from: "192.0.2.2" }).catch((error: unknown) => error),
    );
  // mistyped, revoked, ended, unknown, and too often
  for (const secret of secrets) await refused(`${secret}0`);
  await services.tokens.revoke(admin.caller, token.row.id);
  await services.groups.end(admin.caller, sheet.group.id);
  for (const secret of [token.secret, ...codes]) await refused(secret);
  await services.groups.delete(admin.caller, sheet.group.id);
  for (let time = 0; time < 31; time++) await refused(codes[0] ?? "");
  expect(errors.every((error) => error instanceof Error)).toBe(true);

  const names = await store.database
    .select({ name: sql<string>`table_name` })
    .from(sql`information_schema.tables`)
    .where(sql`table_schema = 'graft'`);
  const rows: string[] = [];
  for (const { name } of names) {
    const table = sql`${sql.identifier("graft")}.${sql.identifier(name)}`;
    const all = await store.database
      .select({ row: sql<string>`row_to_json(one)::text` })
      .from(sql`${table} one`);
    rows.push(...all.map(({ row }) => row));
  }
  expect(rows.length).toBeGreaterThan(20);
  const told = errors.map((error) =>
    error instanceof Error ? `${error.stack} ${JSON.stringify(error)}` : "",
  );
  const everything = [...rows, ...told].join("\n").toLowerCase();
  expect(everything).toContain(admin.account.id);
  for (const secret of secrets) {
    const digits = secret.replace("graft_", "").toLowerCase();
    for (const part of [digits, digits.replaceAll("-", ""), digits.slice(0, 14), digits.slice(-14)])
      expect(everything.includes(part), "a token is kept").toBe(false);
  }
});
