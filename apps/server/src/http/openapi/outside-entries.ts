import type { JsonSchema } from "../rpc/json-schema.ts";
import { ERROR_ANSWERS } from "./operation-entry.ts";

const answer = (description: string, type: string, schema: JsonSchema): JsonSchema => ({
  description,
  content: { [type]: { schema } },
});

const status = (value: string, more: JsonSchema = {}): JsonSchema => ({
  type: "object",
  required: ["status", ...Object.keys(more)],
  properties: { status: { const: value }, ...more },
});

const ALIVE = answer("It is alive.", "application/json", status("alive"));
const READY = answer("It is ready.", "application/json", status("ready"));
const NOT_READY = answer(
  "It is alive, and cannot work now: it starts, ends, or does not reach its store.",
  "application/json",
  // while it starts, the answer has the form of every refusal
  { anyOf: [status("not ready", { reason: { type: "string" } }), { $ref: "#/components/schemas/Error" }] },
);
const FIGURES = answer("Text of Prometheus.", "text/plain", { type: "string" });

const entry = (operationId: string, summary: string, responses: JsonSchema, isOpen: boolean): JsonSchema => ({
  ...{ operationId, summary, tags: ["health"] },
  // these lie beside the API, not below it
  servers: [{ url: "/" }],
  responses: { ...responses, ...ERROR_ANSWERS },
  ...(isOpen ? { security: [] } : {}),
});

const READY_ANSWERS = { "200": READY, "503": NOT_READY };

/** Addresses for who looks after a server, by path; all are asked by GET. */
export const OUTSIDE_ENTRIES: ReadonlyMap<string, JsonSchema> = new Map([
  ["/health", entry("health", "Whether it is ready for requests, for probes", READY_ANSWERS, true)],
  ["/health/ready", entry("health.ready", "The same, by its full name", READY_ANSWERS, true)],
  ["/health/live", entry("health.live", "Whether the process answers at all", { "200": ALIVE }, true)],
  [
    "/metrics",
    entry(
      "metrics",
      "Figures for Prometheus: of this machine, or with an admin's token",
      { "200": FIGURES },
      false,
    ),
  ],
]);
