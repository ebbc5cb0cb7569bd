import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { backUpHome, restoreBackup } from "@graft/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { graft, jsonLines, temporaryFolder } from "../../cli/run-graft.ts";
import { bring, Events, pictures, Run, type Serving, serve } from "./serving.ts";

const CONFIG = { weights: "bundled", cut: "mixed0", size: 75, epochs: 2 } as const;
const Anything = z.unknown();
const Images = z.object({ items: z.array(z.looseObject({ id: z.string(), path: z.string() })) });

let folder = "";
let home = "";
let file = "";
beforeAll(async () => {
  folder = await temporaryFolder("backup");
  home = join(folder, "home");
  file = join(folder, "backup.tar");
});

const pause = (ms = 100): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function completed({ api }: Serving, run: string): Promise<void> {
  while ((await api(Run, "GET", `/runs/${run}`)).state !== "completed") await pause();
}

async function allEvents({ api }: Serving, run: string) {
  const all: z.infer<typeof Events>["items"] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? -1;
    const { items } = await api(Events, "GET", `/runs/${run}/log?limit=1000&after=${after}`);
    if (items.length === 0) return all;
    all.push(...items);
  }
}

/** What a client sees of a data set and a finished run: pictures with their bytes, events, the model's answers. */
async function seen({ api, url, enterUrl }: Serving, dataset: string, run: string) {
  const { items } = await api(Images, "GET", `/datasets/${dataset}/images?limit=200`);
  const headers = { authorization: `Bearer ${enterUrl.split("#")[1]}` };
  const bytes = await Promise.all(
    items.map(async ({ id }) => {
      const answer = await fetch(`${url}/api/v1/images/${id}/file`, { headers });
      return Buffer.from(await answer.arrayBuffer()).toString("base64");
    }),
  );
  const picture = (await pictures()).get("red/3.png") ?? Buffer.alloc(0);
  const asked = await fetch(`${url}/api/v1/models/${run}/predict`, {
    ...{ method: "POST", headers: { ...headers, "content-type": "image/png" }, body: picture },
  });
  const { items: events } = await api(Events, "GET", `/runs/${run}/log?limit=1000`);
  const result = await api(Anything, "GET", `/runs/${run}/result`);
  const told = await api(Anything, "GET", `/datasets/${dataset}`);
  return { items, bytes, answer: await asked.json(), events, result, dataset: told };
}

describe("a server that takes pictures and trains", () => {
  let server: Serving;
  let dataset = "";
  let done = "";
  let underWay = "";
  let before: Awaited<ReturnType<typeof seen>>;
  beforeAll(async () => {
    server = await serve(home);
    dataset = await bring(server);
    done = (await server.api(Run, "POST", "/runs", { dataset, config: CONFIG })).id;
    await completed(server, done);
    before = await seen(server, dataset, done);
    expect(before.items).toHaveLength(20);
    const long = { ...CONFIG, epochs: 10_000, earlyStop: null, learningRate: 1e-5 };
    underWay = (await server.api(Run, "POST", "/runs", { dataset, config: long })).id;
    while (!(await allEvents(server, underWay)).some(({ type }) => type === "epoch-end")) await pause();
  });
  afterAll(() => void server.graft.child.kill("SIGKILL"));

  it("is backed up while it does, and afterwards", async () => {
    const [backup] = await Promise.all([
      graft(["server", "backup", file, "--json"], home),
      bring(server, 100),
    ]);
    expect(backup.code, backup.stderr).toBe(0);
    const [told] = jsonLines(backup.stdout);
    expect(told).toMatchObject({ file, blobs: { count: expect.any(Number) } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // the token in the home is a secret that no backup carries
    const [, token = ""] = server.enterUrl.split("#");
    expect((await readFile(file)).includes(token)).toBe(false);
    await expect(restoreBackup(file, { home })).rejects.toMatchObject({
      ...{ code: "conflict", message: expect.stringMatching(/A server has this home.*end it first/s) },
    });
    expect((await server.end()).code).toBe(0);
    const alone = await backUpHome(join(folder, "alone.tar"), { home }, { version: "test" });
    expect(alone.blobs.count).toBeGreaterThan(20);
  });

  it("comes back into an empty home with all that was there, and goes on", async () => {
    const other = join(folder, "other");
    const restored = await graft(["server", "restore", file, "--home", other], home);
    expect(restored.code, restored.stderr).toBe(0);
    expect(restored.stdout).toMatch(/rows into .*other.*\n.*files \(.*\) into .*other.*\n.*serve --home/);
    const next = await serve(other);
    expect(await seen(next, dataset, done)).toEqual(before);
    // what was under way is begun once more, by itself
    const begun = (items: Awaited<ReturnType<typeof allEvents>>) =>
      items.filter(({ type }) => type === "run-start").length;
    // its log grows by hundreds of events a second
    while (begun(await allEvents(next, underWay)) < 2) await pause(1000);
    const items = await allEvents(next, underWay);
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, seq) => seq));
    expect((await next.end()).code).toBe(0);
  });
});

it.each([
  [["backup"], 2, /missing required argument/],
  [["backup", import.meta.filename], 1, /already something at FILE.*--force/s],
  [["backup", "file.tar"], 1, /No server has kept anything in this home/],
  [["restore", "nothing.tar"], 1, /There is no such backup/],
  [["restore", import.meta.filename], 1, /it is no backup/],
  [["restore", "a.tar", "--server", "http://127.0.0.1:1"], 2, /on this computer alone/],
  [["migrate-store"], 2, /--to/],
  [["migrate-store", "--to", "mysql://a"], 2, /--to: this is no address of a PostgreSQL/],
  [["migrate-store", "--to", "home"], 1, /in the home's own store already/],
] as const)("graft server %j is refused", async (words, code, message) => {
  const empty = await temporaryFolder("empty");
  const refused = await graft(["server", ...words], empty, { cwd: empty, env: { DATABASE_URL: "" } });
  expect([refused.code, refused.stdout]).toEqual([code, ""]);
  expect(refused.stderr).toMatch(message);
  expect(refused.stderr).not.toMatch(/^\s+at /m);
});
