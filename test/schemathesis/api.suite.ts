import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleData, newAccount, scopeOf, signedInWith } from "../server/example-data.ts";
import { accountFor } from "../server/from-router/example-owner.ts";
import { type Served, serve } from "../server/from-router/serve-services.ts";
import { openServices, type TestServices } from "../server/open-services.ts";
import { schemathesis } from "../setup/schemathesis-python.ts";
import { documentWithIds } from "./document-with-ids.ts";

const PHASES = process.env.GRAFT_SCHEMATHESIS_PHASES ?? "examples,coverage,fuzzing";
/** Requests of an operation that are made up, beside those for each rule of its schema. */
const EXAMPLES = Number(process.env.GRAFT_SCHEMATHESIS_EXAMPLES ?? 15);
/** An admin gets at all that there is; of the others it is looked how they are kept from it, which fewer show. */
const EXAMPLES_OF = {
  admin: EXAMPLES,
  ...{ member: Math.ceil(EXAMPLES / 3), predict: Math.ceil(EXAMPLES / 5) },
  contributor: Math.ceil(EXAMPLES / 5),
} as const;
const ROLES = ["admin", "member", "predict", "contributor"] as const;

let test: TestServices;
let served: Served;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-schemathesis-"));
  test = await openServices();
  served = await serve(test);
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** @returns its exit code and what it said. */
async function run(
  words: readonly string[],
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(schemathesis() ?? "", words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      process.stdout.write(text);
    });
  const [code] = await once(child, "close");
  return { code, said };
}

/** What takes away that which all others are asked with, the own token among it: asked by itself, when they are through. */
const TAKE_AWAY = ["tokens.revoke", "accounts.end", "accounts.delete", "datasets.delete", "runs.remove"];
/** A stream is no answer to hold against a schema. */
const STREAMS = ["runs.events", "searches.events", "modelJobs.events"];

/** Refusals of what no schema allows: headers and bodies may be too large before anybody reads them. */
const REFUSED = [400, 401, 403, 404, 409, 413, 415, 429, 431];
const CONFIG = `[checks]\nnegative_data_rejection.expected-statuses = [${REFUSED.map((status) => `"${status}"`)}]\n`;

describe.each(ROLES)("for a token of the role %s", (role) => {
  it.each([
    ["the whole API", [...TAKE_AWAY, ...STREAMS].flatMap((name) => ["--exclude-operation-id", name])],
    ["what takes something away", TAKE_AWAY.flatMap((name) => ["--include-operation-id", name])],
  ])("answers of %s are what its document says", async (_, operations) => {
    const owner = await newAccount(test, accountFor(role));
    const ids = await exampleData(test, owner);
    const { secret } = await signedInWith(test, owner, { role, scope: scopeOf(role, ids) });
    const answer: unknown = await (await fetch(`${served.api}/openapi.json`)).json();
    const [document, config] = [join(folder, "document.json"), join(folder, "schemathesis.toml")];
    await writeFile(document, JSON.stringify(documentWithIds(answer, (name) => Reflect.get(ids, name))));
    await writeFile(config, CONFIG);
    const before = served.log.length;
    const { code, said } = await run([
      ...["--config-file", config, "--no-color"],
      ...["run", document, "--url", served.api, "--header", `Authorization: Bearer ${secret}`],
      ...["--seed", "12", "--max-examples", String(EXAMPLES_OF[role]), ...operations],
      ...["--request-timeout", "60", "--max-response-time", "600"],
      ...["--phases", PHASES, "--checks", "all"],
      // refused in words, though no schema says it: an end that has passed, one of two lists and not both, made-up cursors
      ...["--exclude-checks", "positive_data_acceptance"],
    ]);
    const failures = served.log.slice(before).filter((line) => line.includes("A request failed."));
    expect(failures).toEqual([]);
    expect(code, said).toBe(0);
  });
});
