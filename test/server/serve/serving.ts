/** `graft serve` as a child process, and a client of it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { expect } from "vitest";
import * as z from "zod";
import { type GraftOptions, type StartedGraft, startGraft } from "../../cli/run-graft.ts";
import { ask } from "../http/ask.ts";

const Told = z.object({ url: z.string(), enterUrl: z.string(), port: z.number(), adminToken: z.string() });

export interface Serving extends z.infer<typeof Told> {
  readonly graft: StartedGraft;
  /** Asks as its admin, and takes nothing but success. */
  readonly api: <T>(shape: z.ZodType<T>, method: string, path: string, body?: unknown) => Promise<T>;
  /** Ends it as a system does. @returns what it wrote */
  readonly end: () => Promise<Awaited<StartedGraft["done"]>>;
}

/** A server of a home on a free port, when it is ready. */
export async function serve(
  home: string,
  options: GraftOptions = {},
  ...flags: readonly string[]
): Promise<Serving> {
  const started = startGraft(["serve", "--port", "0", "--json", ...flags], home, options);
  const told = Told.parse(JSON.parse(await started.waitFor(/\{"url".*\}/)));
  const token = (await readFile(told.adminToken, "utf8")).trim();
  return {
    ...{ ...told, graft: started },
    async api(shape, method, path, body) {
      const sent = body === undefined ? {} : { body };
      const answered = await ask(`${told.url}/api/v1${path}`, { method, token, ...sent });
      expect(answered.status, JSON.stringify(answered.body)).toBe(200);
      return shape.parse(answered.body);
    },
    end() {
      started.child.kill("SIGTERM");
      return started.done;
    },
  };
}

export const Id = z.object({ id: z.string() });
const Upload = z.object({ id: z.string(), state: z.string(), error: z.unknown() });
export const Run = z.object({ id: z.string(), state: z.string() });
export const Events = z.object({ items: z.array(z.looseObject({ seq: z.number(), type: z.string() })) });

/** Pictures of two colours, each another shade. */
export async function pictures(green = 0): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const [label, red] of [
    ["red", 220],
    ["blue", 20],
  ] as const)
    for (let i = 0; i < 10; i++) {
      const background = { r: red, g: green + 5 * i, b: 240 - red };
      const picture = sharp({ create: { width: 80, height: 80, channels: 3, background } });
      found.set(`${label}/${i}.png`, await picture.png().toBuffer());
    }
  return found;
}

/** Brings pictures to a new data set, as a client does. @returns its id */
export async function bring({ url, enterUrl, api }: Serving, green = 0): Promise<string> {
  const { dataset } = await api(z.object({ dataset: Id }), "POST", "/datasets", { name: "Colours" });
  const upload = await api(Id, "POST", `/datasets/${dataset.id}/uploads`, {});
  const files = await pictures(green);
  const byHash = new Map(
    [...files.values()].map((bytes) => [createHash("sha256").update(bytes).digest("hex"), bytes]),
  );
  const named = [...files].map(([path, bytes]) => ({
    ...{ path, bytes: bytes.length, hash: createHash("sha256").update(bytes).digest("hex") },
  }));
  const plan = z.object({ missing: z.array(z.string()) });
  const { missing } = await api(plan, "POST", `/uploads/${upload.id}/files`, { files: named });
  expect(missing).toHaveLength(20);
  const [, token] = enterUrl.split("#");
  for (const hash of missing) {
    const response = await fetch(`${url}/api/v1/uploads/${upload.id}/blobs/${hash}`, {
      ...{ method: "PUT", headers: { authorization: `Bearer ${token}` } },
      body: byHash.get(hash) ?? "",
    });
    expect([response.status, await response.json()]).toEqual([
      200,
      { bytes: byHash.get(hash)?.length, isHere: true },
    ]);
  }
  await api(Upload, "POST", `/uploads/${upload.id}/finish`);
  for (;;) {
    const { state, error } = await api(Upload, "GET", `/uploads/${upload.id}`);
    if (state === "done") return dataset.id;
    expect(error).toBeNull();
  }
}
