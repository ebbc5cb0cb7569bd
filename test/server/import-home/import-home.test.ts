import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runFolder } from "@graft/api";
import { readModel } from "@graft/core";
import { openRunStore } from "@graft/core/node";
import { importHome } from "@graft/server";
import { beforeAll, describe, expect, it } from "vitest";
import { openHomeServer } from "../../../apps/server/src/import-home/open-home-server.ts";
import { graft, jsonLines, SMALL_TRUNK, temporaryFolder } from "../../cli/run-graft.ts";
import { unpackHome } from "../../homes/home-archive.ts";
import { itLong } from "../../long.ts";
import { copyEmoji } from "../workers/host.ts";

const FIXTURES = join(import.meta.dirname, "../../homes/fixtures");
const OPTIONS = { version: "test", env: { GRAFT_OFFLINE: "1" } } as const;

/** Every file below a folder, with its bytes' hash. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashed = files.map(async (file) => {
    const hash = createHash("sha256").update(await readFile(file));
    return `${file} ${hash.digest("hex")}`;
  });
  return (await Promise.all(hashed)).sort();
}

describe("runs of a home", () => {
  let root = "";
  let from = "";
  let home = "";
  let photos = "";
  beforeAll(async () => {
    root = await temporaryFolder("import-home");
    [from, home, photos] = [join(root, "home"), join(root, "server"), join(root, "photos")];
    await copyEmoji(photos, 6);
    const words = ["train", photos, ...SMALL_TRUNK, "--epochs", "2", "--backend", "onnx:cpu"];
    const trained = await graft(words, from);
    expect(trained.code, trained.stderr).toBe(0);
    await mkdir(join(from, "runs/20010101-000000-broken-aaaa"));
    await writeFile(join(from, "runs/20010101-000000-broken-aaaa/run.json"), "{");
  });

  it("come with their pictures, events and models; once; and the home stays as it was", async () => {
    const before = await filesOf(join(from, "runs"));
    const [broken, taken] = await importHome({ home }, { ...OPTIONS, from });
    expect(broken).toMatchObject({ outcome: "skipped", reason: expect.stringContaining("not JSON") });
    expect(taken).toMatchObject({ outcome: "new", hasModel: true, missingPictures: { count: 0, of: 12 } });
    expect(await filesOf(join(from, "runs"))).toEqual(before);

    const again = await graft(["server", "import-home", from, "--home", home, "--json"], from);
    expect(again.code, again.stderr).toBe(0);
    expect(jsonLines(again.stdout).map(({ outcome }) => outcome)).toEqual(["skipped", "there"]);

    await using server = await openHomeServer({ home }, "test");
    const { repository, blobs } = server.ports;
    const run = await repository.runs.get(taken?.run ?? "");
    const made = await openRunStore(from).open(taken?.id ?? "");
    expect(run).toMatchObject({
      ...{ state: "completed", hasModel: true, name: made.id, config: made.record.config },
      metrics: made.record.metrics,
    });
    const events = await repository.runs.events(taken?.run ?? "", { after: -1, limit: 10_000 });
    const told = await made.readEvents();
    expect(events.slice(0, -1)).toEqual(told.map((event) => ({ ...event, run: taken?.run })));
    expect(events.at(-1)).toMatchObject({ type: "note", message: expect.stringContaining(made.id) });
    const { items } = await repository.images.page(taken?.dataset ?? "", { limit: 100 });
    expect(items).toHaveLength(12);
    for (const { hash, thumbnail } of items)
      for (const each of [hash, thumbnail]) await blobs.read(each ?? "");
    const folder = runFolder({ ...server.ports, keeper: server.services.keeper }, taken?.run ?? "");
    const [here, there] = [await readModel(folder.folder("model")), made.folder];
    expect(here.manifest.labels).toEqual(["animal", "food"]);
    expect(await folder.read("model/weights.bin")).toEqual(
      new Uint8Array(await readFile(join(there, "model/weights.bin"))),
    );
  });

  it("whose pictures are gone come all the same, and say so", async () => {
    const lost = join(root, "lost");
    await rm(photos, { recursive: true });
    const [, taken] = await importHome({ home: lost }, { ...OPTIONS, from });
    expect(taken).toMatchObject({ outcome: "new", hasModel: true, missingPictures: { count: 12, of: 12 } });
    await using server = await openHomeServer({ home: lost }, "test");
    const events = await server.ports.repository.runs.events(taken?.run ?? "", { after: -1, limit: 10_000 });
    expect(events.at(-1)).toMatchObject({
      message: expect.stringContaining("12 of its 12 pictures are not here"),
    });
    expect((await server.ports.repository.runs.get(taken?.run ?? ""))?.images).toMatchObject({ train: 10 });
  });

  itLong("are those of homes that earlier versions made, too", async () => {
    for (const name of (await readdir(FIXTURES)).filter((each) => each.endsWith(".tar.br"))) {
      const old = join(root, name);
      await unpackHome(join(FIXTURES, name), old);
      const taken = await importHome(
        { home: join(root, `server-${name}`) },
        { ...OPTIONS, from: join(old, "home") },
      );
      const list = await openRunStore(join(old, "home")).list();
      expect(taken.map(({ id }) => id).sort()).toEqual(list.map(({ id }) => id).sort());
      for (const run of taken) expect(run).toMatchObject({ outcome: "new", missingPictures: { count: 0 } });
    }
  });

  it("are the server's own home's where none is named; a home that is not there is refused", async () => {
    const own = await graft(["server", "import-home", "--json"], from);
    expect(own.code, own.stderr).toBe(0);
    expect(jsonLines(own.stdout).map(({ outcome }) => outcome)).toEqual(["skipped", "new"]);
    const nowhere = await graft(["server", "import-home", join(root, "nowhere")], from);
    expect([nowhere.code, nowhere.stdout]).toEqual([1, ""]);
    expect(nowhere.stderr).toContain("There is no such home.");
  });

  it("are refused for an account that is not there", async () => {
    const nobody = importHome({ home }, { ...OPTIONS, from, owner: "nobody" });
    await expect(nobody).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("admin"),
    });
  });
});
