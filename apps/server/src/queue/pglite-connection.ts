import type { PGlite } from "@electric-sql/pglite";
import type { Db } from "pg-boss";

/** pg-boss writes its transactions as one text. */
const TRANSACTION = /^\s*BEGIN;/;

/**
 * pg-boss on a PGlite that others use, too. Its own adapter (`fromPglite`) leaves the one session inside a failed transaction
 * until it has rolled back, and what others ask in between fails with it; here that is one exclusive piece. Its texts' own
 * BEGIN and COMMIT are then without effect, and PGlite's count.
 */
export function pgliteConnection(pglite: PGlite): Db {
  return {
    async executeSql(text, values) {
      if (values && values.length > 0) return pglite.query(text, values);
      const results = TRANSACTION.test(text)
        ? await pglite.transaction((transaction) => transaction.exec(text))
        : await pglite.exec(text);
      return { rows: results.flatMap(({ rows }) => rows) };
    },
  };
}
