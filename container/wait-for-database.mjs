// node wait-for-database.mjs SECONDS: waits until DATABASE_URL's PostgreSQL takes this user in, and says so while it waits.
// Exit code 1: it did not in that time, or it refuses for a reason that no waiting ends (a wrong password, no such database).
import { env } from "node:process";
import pg from "pg";

const limit = Number(process.argv[2] ?? 60);
const end = performance.now() + limit * 1000;

/** PostgreSQL's codes for what waiting does not end: who asks may not come in; there is no such database. */
const FINAL = /^(28...|3D000)$/;

/** @param {string} text */
const say = (text) => void process.stderr.write(`graft: ${text}\n`);

/** @returns {Promise<{ code: string, message: string } | undefined>} what is wrong; undefined: nothing. */
async function look() {
  let client;
  try {
    client = new pg.Client({ connectionString: env.DATABASE_URL, connectionTimeoutMillis: 5000 });
    // a server that ends while it is asked tells so beside the answer, too
    client.on("error", () => undefined);
    await client.connect();
    return undefined;
  } catch (error) {
    const { code = "", message } = error instanceof Error ? error : { message: String(error) };
    return { code: String(code), message: message || String(code) };
  } finally {
    await client?.end().catch(() => undefined);
  }
}

for (let isFirst = true; ; isFirst = false) {
  const trouble = await look();
  if (trouble === undefined) break;
  const { code, message } = trouble;
  if (FINAL.test(code) || code === "ERR_INVALID_URL") {
    say(
      `The database refuses: ${message}. Correct DATABASE_URL or PGPASSWORD (or the files of their secrets).`,
    );
    process.exit(1);
  }
  if (performance.now() >= end) {
    say(
      `The database does not answer after ${limit} s: ${message}. Start it, correct DATABASE_URL, or wait longer with GRAFT_DATABASE_WAIT.`,
    );
    process.exit(1);
  }
  if (isFirst) say(`Waiting for the database: ${message}.`);
  await new Promise((resolve) => setTimeout(resolve, 500));
}
