import type { Identity } from "@graft/api";
import * as z from "zod";
import { noTokenCookie, tokenCookie } from "../access/cookie.ts";
import type { TokenReader } from "../access/entrance.ts";
import type { HttpLimits } from "../access/limits.ts";
import { sendJson } from "../edge/answer.ts";
import { EdgeError } from "../edge/edge-error.ts";
import { readJson } from "../edge/read-body.ts";
import { jsonSchemaOf } from "../rpc/json-schema.ts";
import type { RawRoute } from "./raw-route.ts";

const Entering = z.object({ token: z.string().min(1).max(512) });
const Entered = z.object({
  account: z.string(),
  name: z.string(),
  role: z.string(),
  endsAt: z.string().nullable(),
});

function told({ account, token }: Identity): z.infer<typeof Entered> {
  const { role, endsAt } = token;
  return {
    ...{ account: account.id, name: account.name, role },
    endsAt: endsAt === null ? null : new Date(endsAt).toISOString(),
  };
}

/** How a browser comes in with a token and goes. Both set a cookie, which no procedure can. */
export const sessionRoutes = (reader: TokenReader, limits: HttpLimits): readonly RawRoute[] => [
  {
    ...{ name: "session.enter", method: "POST", path: "/enter", parameters: {}, isOpen: true },
    summary: "Trade a token for a cookie, in a browser",
    body: {
      description: "A token, or a code.",
      content: {
        get "application/json"() {
          return jsonSchemaOf(Entering, "input");
        },
      },
    },
    answers: {
      "200": {
        description: "Who it is for. The cookie goes to this server's own pages alone.",
        content: {
          get "application/json"() {
            return jsonSchemaOf(Entered, "output");
          },
        },
      },
    },
    async answer({ exchange }) {
      const body = await readJson(exchange, { maxBytes: limits.jsonBytes, maxMs: limits.jsonMs });
      const parsed = Entering.safeParse(body);
      if (!parsed.success)
        throw new EdgeError(400, {
          what: "There is no token in the body.",
          expected: '{"token": "graft_…"}',
        });
      const { token } = parsed.data;
      const identity = await reader.signIn(token, { from: exchange.from });
      exchange.account = identity.account.id;
      exchange.token = identity.token.id;
      const cookie = tokenCookie(token, identity.token.endsAt, exchange.isTls);
      sendJson(exchange, 200, JSON.stringify(told(identity)), ["set-cookie", cookie]);
    },
  },
  {
    ...{ name: "session.leave", method: "POST", path: "/leave", parameters: {}, isOpen: true },
    summary: "Forget the cookie",
    answers: {
      "200": { description: "It is forgotten.", content: { "application/json": { type: "null" } } },
    },
    async answer({ exchange }) {
      sendJson(exchange, 200, "null", ["set-cookie", noTokenCookie(exchange.isTls)]);
    },
  },
];
