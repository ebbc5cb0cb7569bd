import { parseNpy } from "@graft/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newAccount, signedInWith } from "../example-data.ts";
import { ExampleOwner } from "../from-router/example-owner.ts";
import { type Served, serve } from "../from-router/serve-services.ts";
import { openServices, type TestServices } from "../open-services.ts";

let test: TestServices;
let served: Served;
let mine: ExampleOwner;
let token = "";

beforeAll(async () => {
  test = await openServices();
  served = await serve(test);
  mine = await ExampleOwner.open(test, "member");
  token = (await signedInWith(test, mine.account)).secret;
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

const get = (name: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
  fetch(`${served.api}/searches/${mine.ids.$features}/${name}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });

it("gives the numbers in the order of the pictures, any part of them, and nothing to who has them", async () => {
  const whole = await get("features.npy");
  expect(whole.status).toBe(200);
  expect(whole.headers.get("content-disposition")).toContain("features.npy");
  const bytes = new Uint8Array(await whole.arrayBuffer());
  expect(Number(whole.headers.get("content-length"))).toBe(bytes.length);
  const { shape, data } = parseNpy(bytes);
  const { images } = Object(await (await get("features.json")).json());
  expect(shape).toEqual([images.length, 2]);
  expect([...data]).toEqual(images.flatMap((_: unknown, at: number) => [at, -at]));
  const part = await get("features.npy", { range: "bytes=130-" });
  expect(part.status).toBe(206);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(130));
  const etag = whole.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  expect((await get("features.npy", { "if-none-match": etag })).status).toBe(304);
  const head = await get("features.npy", {}, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
});

it("says what each row is of, as the command does", async () => {
  const described = await get("features.json");
  expect(described.headers.get("content-type")).toContain("application/json");
  const { images, ...of } = Object(await described.json());
  expect(of).toEqual({
    ...{ labels: ["cats", "dogs"], cut: "mixed0", pool: "avg", backend: "onnx:cpu" },
    rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" },
    weights: { source: "bundled", origin: "example", sha256: "example", inputRange: [0, 1] },
  });
  const { dataset } = await test.services.datasets.freeze(mine.ids.$dataset);
  expect(images).toEqual(
    dataset.images.map(({ path, hash, label }) => ({ path, hash, label: dataset.labels[label] })),
  );
});

it("refuses in words where rows are gone, or there never were any", async () => {
  const other = await newAccount(test, "member");
  const stranger = (await signedInWith(test, other)).secret;
  const refused = await get("features.npy", { authorization: `Bearer ${stranger}` });
  expect(refused.status).toBe(404);
  const { $search, $waitingSearch } = mine.ids;
  for (const search of [$search, $waitingSearch]) {
    const response = await fetch(`${served.api}/searches/${search}/features.npy`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([response.status, Object(await response.json()).error.code]).toEqual([409, "conflict"]);
  }
});
