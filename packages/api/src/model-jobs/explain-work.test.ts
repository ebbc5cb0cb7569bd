import { CoreError } from "@graft/core";
import { expect, it } from "vitest";
import type { HeatMapRow } from "../ports/model-job-rows.ts";
import type { ImageRow, RunRow } from "../ports/rows.ts";
import { type ExplainParts, ExplainWork } from "./explain-work.ts";

const MEGABYTE = 1e6;

/** A predictor that ends when it is given a picture of these ids, and what it was asked of. */
function workOn(images: readonly (readonly [id: string, bytes: number])[], deadly: readonly string[]) {
  const rows = images.map(([id, bytes]) => ({ id, hash: id, bytes, use: "in" }) as unknown as ImageRow);
  const kept: HeatMapRow[] = [];
  const asked: (readonly string[])[] = [];
  const parts = {
    repository: {
      images: { getMany: async () => rows },
      heatMaps: { of: async () => [], put: async (maps: readonly HeatMapRow[]) => void kept.push(...maps) },
    },
    blobs: { read: async (hash: string) => new TextEncoder().encode(hash) },
    served: { of: async () => ({ model: {} }) },
    predictor: {
      async predict({ pictures }: { readonly pictures: readonly Uint8Array[] }) {
        const ids = pictures.map((picture) => new TextDecoder().decode(picture));
        asked.push(ids);
        if (ids.some((id) => deadly.includes(id)))
          throw new CoreError("backend", { what: "It ended twice." });
        const heatMap = { label: 0, height: 1, width: 1, data: [1] };
        return { labels: ["cat"], backend: "cpu", answers: ids.map(() => ({ label: 0, heatMap })) };
      },
    },
  } as unknown as ExplainParts;
  const told: string[] = [];
  const explain = (): Promise<void> =>
    new ExplainWork(parts).explain({ id: "run" } as RunRow, {
      ...{ images: rows.map(({ id }) => id), signal: new AbortController().signal },
      onKept: async ({ done, total }) => void told.push(`${done}/${total}`),
    });
  return { explain, asked, told, kept: () => kept.map(({ image }) => image) };
}

it("a picture that ends the process that predicts has no heat map, and those beside it have theirs", async () => {
  const { explain, kept, told } = workOn(
    [
      ["a", 1],
      ["b", 1],
      ["c", 1],
    ],
    ["b"],
  );
  await explain();
  expect([kept(), told]).toEqual([["a", "c"], ["3/3"]]);
});

it("a process that ends whatever it is asked is told of", async () => {
  const { explain, kept } = workOn(
    [
      ["a", 1],
      ["b", 1],
    ],
    ["a", "b"],
  );
  await expect(explain()).rejects.toMatchObject({ code: "backend" });
  expect(kept()).toEqual([]);
});

it("no request has more than so many pictures, or more bytes than one may have, unless one alone has", async () => {
  const many = Array.from({ length: 17 }, (_, at) => [`s${at}`, 1] as const);
  const { explain, asked, told } = workOn(
    [...many, ["l", 30 * MEGABYTE], ["m", 30 * MEGABYTE], ["h", 80 * MEGABYTE]],
    [],
  );
  await explain();
  expect(asked.map((ids) => ids.length)).toEqual([16, 2, 1, 1]);
  expect(told).toEqual(["16/20", "18/20", "19/20", "20/20"]);
});
