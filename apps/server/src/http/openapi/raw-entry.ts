import type { RawRoute } from "../raw/raw-route.ts";
import type { JsonSchema } from "../rpc/json-schema.ts";
import { ERROR_ANSWERS, partsOf, tagOf } from "./operation-entry.ts";

const contentOf = (content: Readonly<Record<string, JsonSchema>>): JsonSchema =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));

/** A raw route's entry in the document. */
export function rawEntry(route: RawRoute): JsonSchema {
  const { name, path, summary, description: more, parameters, body, answers } = route;
  const inPath = new Set(partsOf(path));
  return {
    ...{ operationId: name, summary, tags: [tagOf(path)] },
    ...(more === undefined ? {} : { description: more }),
    ...(Object.keys(parameters).length > 0
      ? {
          parameters: Object.entries(parameters).map(([key, told]) => {
            const { description, ...schema } =
              typeof told === "string" ? { type: "string", description: told } : told;
            const place = inPath.has(key) ? "path" : "query";
            return { name: key, in: place, required: inPath.has(key), description, schema };
          }),
        }
      : {}),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, description: body.description, content: contentOf(body.content) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, content }]) => [
          status,
          { description, ...(content === undefined ? {} : { content: contentOf(content) }) },
        ]),
      ),
      ...ERROR_ANSWERS,
    },
    ...(route.isOpen ? { security: [] } : {}),
  };
}
