import type { Services } from "@graft/api";
import type { HttpLimits } from "../access/limits.ts";
import { callerOf, part, type RawRoute } from "./raw-route.ts";
import { sendFile } from "./send-file.ts";

const UNCHANGED = { description: "The client has it already." } as const;

/** What a search leaves that is too much for a procedure: features. */
export const searchRoutes = (
  features: Services["searchFeatures"],
  { idleMs }: HttpLimits,
): readonly RawRoute[] => [
  {
    ...{ name: "searches.table", method: "GET", path: "/searches/{search}/features.npy" },
    summary: "Features that a search has computed, as NumPy's float32 .npy: a row for each picture",
    parameters: { search: "Id of the search." },
    answers: {
      "200": { description: "The numbers.", content: { "application/octet-stream": {} } },
      "206": {
        description: "The bytes that were asked for.",
        content: { "application/octet-stream": {} },
      },
      "304": UNCHANGED,
    },
    async answer(request) {
      const caller = await callerOf("searches.table", request);
      await using table = await features.openTable(caller, part(request, "search"));
      await sendFile(request.exchange, table, { maxAge: 0, idleMs });
    },
  },
  {
    ...{ name: "searches.description", method: "GET", path: "/searches/{search}/features.json" },
    summary: "What each row of them is of: path, hash and class of its picture",
    parameters: { search: "Id of the search." },
    answers: {
      "200": {
        description: "Classes, pictures in the order of the rows, and what they went through.",
        content: { "application/json": {} },
      },
      "206": { description: "The bytes that were asked for.", content: { "application/octet-stream": {} } },
      "304": UNCHANGED,
    },
    async answer(request) {
      const caller = await callerOf("searches.description", request);
      const file = await features.openDescription(caller, part(request, "search"));
      await sendFile(request.exchange, file, { maxAge: 0, idleMs });
    },
  },
];
