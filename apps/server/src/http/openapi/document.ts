/** The OpenAPI 3.1 document, made from the router and from the table of raw routes. */
import type { RawRoute } from "../raw/raw-route.ts";
import type { JsonSchema } from "../rpc/json-schema.ts";
import type { Operation } from "../rpc/operations.ts";
import { Components } from "./components.ts";
import { operationEntry } from "./operation-entry.ts";
import { OUTSIDE_ENTRIES } from "./outside-entries.ts";
import { rawEntry } from "./raw-entry.ts";

/** Below which all paths of the document lie. */
export const API_BASE = "/api/v1";

/** What every refusal looks like: core's `SerializedError`. */
const ERROR: JsonSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["name", "code", "message", "facts"],
      properties: {
        name: { type: "string" },
        code: { type: "string", description: "What kind of error: bad-input, not-found, unauthorized …" },
        message: { type: "string", description: "For people, whole." },
        facts: { type: "object", description: "For programs." },
        parts: {
          type: "object",
          description: "What the message is made of.",
          required: ["what"],
          properties: {
            what: { type: "string" },
            received: { type: "string" },
            expected: { type: "string" },
            fix: { type: "string" },
          },
        },
      },
    },
  },
};

export interface DocumentOptions {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly raw: readonly RawRoute[];
  /** Of graft. */
  readonly version: string;
}

export function openApiDocument({ operations, raw, version }: DocumentOptions): JsonSchema {
  const components = new Components();
  const error = components.named("Error", ERROR);
  const paths = new Map<string, Map<string, JsonSchema>>();
  const add = (path: string, method: string, entry: JsonSchema): void => {
    // "{path+}" is our own way to say that a part may hold "/"
    const written = path.replaceAll("+}", "}");
    const methods = paths.get(written) ?? new Map<string, JsonSchema>();
    paths.set(written, methods);
    methods.set(method.toLowerCase(), entry);
  };
  for (const operation of operations.values())
    add(operation.meta.path, operation.meta.method, operationEntry(operation, components));
  for (const route of raw) add(route.path, route.method, rawEntry(route));
  for (const [path, entry] of OUTSIDE_ENTRIES) add(path, "GET", entry);
  return {
    openapi: "3.1.0",
    info: {
      ...{ title: "graft", version },
      description:
        "Train image classifiers, and ask them. Send a token as `Authorization: Bearer TOKEN`. The same procedures are at /api/v1/trpc for clients of tRPC, under the names that stand here as operation ids.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: API_BASE }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths: Object.fromEntries([...paths].map(([path, methods]) => [path, Object.fromEntries(methods)])),
    components: {
      schemas: components.schemas,
      responses: {
        Error: {
          description: "It was refused or failed; the error says why and what to do.",
          content: { "application/json": { schema: error } },
        },
      },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A token of graft." },
        cookie: {
          ...{ type: "apiKey", in: "cookie", name: "graft_token" },
          description: "For pages of this server: POST /enter trades a token for it.",
        },
      },
    },
  };
}
