import { setTimeout as pause } from "node:timers/promises";
import { describe, expect } from "vitest";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { itLong } from "../../long.ts";
import { whyNoPostgres } from "../../setup/postgres.ts";
import { openPostgresServer } from "../../setup/postgres-server.ts";
import { bring, Events, Run, serve } from "./serving.ts";

const refusal = whyNoPostgres();

describe.skipIf(refusal !== undefined)(
  `a server whose database is gone${refusal === undefined ? "" : `, skipped: ${refusal}`}`,
  () => {
    itLong(
      "ends in the middle of a training, says what it waits for, and goes on when both are back",
      async () => {
        await using database = await openPostgresServer();
        const home = await temporaryFolder("gone");
        const env = { DATABASE_URL: database.url };
        const server = await serve(home, { env });
        const dataset = await bring(server);
        const config = {
          ...{ weights: "bundled", cut: "mixed0", size: 75, epochs: 300 },
          ...{ earlyStop: null, learningRate: 1e-5 },
        };
        const run = await server.api(Run, "POST", "/runs", { dataset, config });
        const path = `/runs/${run.id}/log?limit=1000`;
        while (!(await server.api(Events, "GET", path)).items.some(({ type }) => type === "epoch-end"))
          await pause(100);
        database.stop("immediate");
        const { code, stderr } = await server.end();
        expect(code).toBe(0);
        expect(stderr).toMatch(
          /The server waits for jobs to stop, at most \d+ s more\. The database does not answer\./,
        );
        // it gives up what it may, not all that it waits for
        expect(stderr).not.toContain("without waiting any longer");
        expect(stderr).toContain("The server has ended.");

        database.start();
        const next = await serve(home, { env });
        while ((await next.api(Run, "GET", `/runs/${run.id}`)).state !== "completed") await pause(200);
        expect((await next.end()).code).toBe(0);
      },
    );
  },
);
