import { type Caller, type Predicted, predictedSchema } from "@graft/api";
import { inputFaultsText } from "@graft/core";
import * as z from "zod";
import type { HttpLimits } from "../access/limits.ts";
import { sendJson } from "../edge/answer.ts";
import { EdgeError } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";
import { parseJson, readBody } from "../edge/read-body.ts";
import { type JsonSchema, jsonSchemaOf } from "../rpc/json-schema.ts";
import { callerOf, part, type RawRequest, type RawRoute } from "./raw-route.ts";

/** Answers predictions: api's model service. */
export interface ModelAsker {
  /**
   * @param pictures bytes of pictures, of any format that graft reads.
   * @returns an answer for each picture.
   * @throws CoreError `not-found` for a run that the caller may not ask.
   */
  predictBytes(
    caller: Caller,
    run: string,
    pictures: readonly Uint8Array[],
    options: { readonly signal: AbortSignal; readonly explain: boolean },
  ): Promise<{ readonly answers: readonly Predicted[] }>;
}

/** Several pictures at once, for who wants one round trip. */
const Pictures = z.object({
  images: z
    .array(z.object({ base64: z.base64().min(4) }))
    .min(1)
    .max(64),
});

const predicted = (): JsonSchema => jsonSchemaOf(predictedSchema, "output");

/**
 * One picture is the whole body (`requests.post(url, data=open("cat.jpg", "rb"))`), and its answer an object; several are JSON,
 * and so is the list that comes back.
 */
export const predictRoutes = (
  models: ModelAsker,
  { predictBytes, idleMs }: HttpLimits,
): readonly RawRoute[] => [
  {
    ...{ name: "models.ask", method: "POST", path: "/models/{run}/predict" },
    summary: "What a model says of a picture",
    parameters: {
      run: "Id of the run whose model it is.",
      explain: { type: "boolean", description: "Say what in each picture speaks for the answer, too." },
    },
    body: {
      description: "The bytes of a picture; or JSON with several in base64.",
      content: {
        "image/*": {},
        "application/octet-stream": {},
        get "application/json"() {
          return jsonSchemaOf(Pictures, "input");
        },
      },
    },
    answers: {
      "200": {
        description:
          "Of one picture its answer; of several a list, in which one that cannot be used stops no other.",
        content: {
          get "application/json"() {
            return { oneOf: [predicted(), { type: "array", items: predicted() }] };
          },
        },
      },
    },
    async answer(request) {
      const { exchange } = request;
      const caller = await callerOf("models.ask", request);
      const body = await readBody(exchange, { maxBytes: predictBytes, maxMs: idleMs });
      const run = part(request, "run");
      const options = { signal: exchange.signal, explain: isExplained(request) };
      if (!isJson(request)) {
        if (body.length === 0) throw new EdgeError(400, { what: "There is no picture in the body." });
        const { answers } = await models.predictBytes(caller, run, [body], options);
        sendOne(exchange, answers[0]);
        return;
      }
      const pictures = picturesOf(body).map(({ base64 }) => Buffer.from(base64, "base64"));
      const { answers } = await models.predictBytes(caller, run, pictures, options);
      sendJson(exchange, 200, JSON.stringify(answers));
    },
  },
];

/** Whoever sends one picture sees by the status that it cannot be used. */
function sendOne(exchange: Exchange, answer: Predicted | undefined): void {
  if (answer?.kind !== "refused") sendJson(exchange, 200, JSON.stringify(answer));
  else {
    const { code, message } = answer.error;
    const error = { name: "CoreError", code, message, facts: {}, parts: { what: message } };
    sendJson(exchange, 422, JSON.stringify({ error }));
  }
}

/** @throws EdgeError 400 */
function isExplained({ exchange }: RawRequest): boolean {
  const text = new URLSearchParams(exchange.search).get("explain") ?? "false";
  if (text === "true" || text === "false") return text === "true";
  throw new EdgeError(400, {
    what: "`explain` is neither true nor false.",
    received: text.slice(0, 100),
  });
}

const isJson = ({ exchange }: RawRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(exchange.request.headers["content-type"] ?? "");

function picturesOf(body: Buffer): z.infer<typeof Pictures>["images"] {
  const sent = parseJson(body.toString("utf8"), "The body");
  const parsed = Pictures.safeParse(sent);
  if (parsed.success) return parsed.data.images;
  throw new EdgeError(400, {
    what: "The pictures cannot be read from the body.",
    received: inputFaultsText(parsed.error, sent),
    expected: '{"images": [{"base64": "…"}]} with 1 to 64 pictures',
  });
}
