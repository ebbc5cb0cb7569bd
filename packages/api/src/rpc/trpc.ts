import {
  CoreError,
  capitalized,
  type ErrorCode,
  inputFaults,
  inputFaultsText,
  type SerializedError,
  serializeError,
} from "@graft/core";
import { initTRPC, TRPCError } from "@trpc/server";
import * as z from "zod";
import type { Caller, Identity } from "../identity/identity.ts";
import { permissionOf } from "../identity/permissions.ts";
import type { Services } from "../services.ts";

/** What a host gives with each call. */
export interface ApiContext {
  /** Undefined: nobody that is known. */
  readonly identity: Identity | undefined;
  readonly services: Services;
  /** Address of who asks; null in a page. */
  readonly from: string | null;
  /** Id of the request. */
  readonly request: string;
}

/** What is said of a procedure in the OpenAPI document; `http/openapi.ts` of the server makes it. */
export interface ApiMeta {
  /** One line. */
  readonly summary: string;
  /** What a summary has no room for. */
  readonly description?: string;
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below /api/v1, with `{name}` for parts of the input: "/datasets/{dataset}/images". */
  readonly path: `/${string}`;
  /** An input that works against the data of `test/server/example-data.ts`, which names its ids `$dataset`, `$run` …; {} for none. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Another procedure took its place; it stays for one minor release. */
  readonly deprecated?: {
    /** ISO dates, "2027-03-01": from when on it is to be left, and when it goes. */
    readonly since: string;
    readonly sunset: string;
    /** What to call in its place, for people. */
    readonly instead: string;
  };
}

type Code = ConstructorParameters<typeof TRPCError>[0]["code"];

/** The one place where an error becomes an answer's code. */
const CODES: Readonly<Record<ErrorCode | "internal", Code>> = {
  "bad-input": "BAD_REQUEST",
  "not-found": "NOT_FOUND",
  unauthorized: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  busy: "TOO_MANY_REQUESTS",
  conflict: "CONFLICT",
  limit: "PAYLOAD_TOO_LARGE",
  unsupported: "UNPROCESSABLE_CONTENT",
  corrupt: "UNPROCESSABLE_CONTENT",
  "weights-mismatch": "UNPROCESSABLE_CONTENT",
  diverged: "UNPROCESSABLE_CONTENT",
  backend: "SERVICE_UNAVAILABLE",
  offline: "BAD_GATEWAY",
  "disk-full": "SERVICE_UNAVAILABLE",
  unreadable: "SERVICE_UNAVAILABLE",
  cancelled: "CLIENT_CLOSED_REQUEST",
  internal: "INTERNAL_SERVER_ERROR",
};

/** An error of graft as tRPC's, which carries it. */
export function asRpcError(error: unknown): TRPCError {
  if (error instanceof TRPCError) return error;
  const { code, message } = serializeError(error);
  return new TRPCError({ code: CODES[code], message, cause: error });
}

/** What a client is told of an error: graft's own parts; of a defect no more than that there is one. */
export function toldError(error: TRPCError): SerializedError {
  const { cause } = error;
  if (cause instanceof CoreError) return serializeError(cause);
  if (error.code === "BAD_REQUEST" || error.code === "NOT_FOUND") {
    const code = error.code === "BAD_REQUEST" ? "bad-input" : "not-found";
    return { name: "CoreError", code, message: error.message, facts: {}, parts: { what: error.message } };
  }
  const what = "graft made a mistake.";
  return { name: "Error", code: "internal", message: what, facts: {}, parts: { what } };
}

/** An input that its schema does not take, in graft's words. */
const inputError = (error: z.ZodError, input: unknown): CoreError =>
  new CoreError(
    "bad-input",
    {
      what: `The input cannot be used. ${capitalized(inputFaultsText(error, input, "`"))}.`,
      fix: "Correct it and send it again; /api/v1/openapi.json says what each call takes.",
    },
    { facts: { issues: inputFaults(error, input).slice(0, TOLD_ISSUES) } },
  );

/** How many of an input's faults are facts of the answer; one that is no input at all may have thousands. */
const TOLD_ISSUES = 100;

const t = initTRPC
  .context<ApiContext>()
  .meta<ApiMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      message: toldError(error).message,
      data: { ...shape.data, error: toldError(error) },
    }),
  });

export const router = t.router;

/** Every error of a service becomes an answer; a call that is not for the caller's role goes no further. */
const guarded = t.middleware(async ({ ctx, path, next, getRawInput }) => {
  const { identity } = ctx;
  if (permissionOf(path, identity?.token.role) === undefined) {
    if (identity === undefined)
      throw asRpcError(
        new CoreError("unauthorized", {
          what: "A token is needed.",
          fix: "Send it as `Authorization: Bearer TOKEN`; an admin makes one.",
        }),
      );
    throw asRpcError(
      new CoreError("forbidden", {
        what: `A token of the role ${identity.token.role} may not do this.`,
        received: path,
        fix: "Use a token of another role.",
      }),
    );
  }
  const result = await next();
  if (result.ok) return result;
  // tRPC has wrapped what was thrown: of a service with the code INTERNAL_SERVER_ERROR, of an input's schema with BAD_REQUEST
  const { error } = result;
  if (error.cause instanceof CoreError) return { ...result, error: asRpcError(error.cause) };
  if (error.cause instanceof z.ZodError && error.code === "BAD_REQUEST")
    return { ...result, error: asRpcError(inputError(error.cause, await getRawInput())) };
  return result;
});

/** A procedure that may be open to nobody in particular. */
export const openProcedure = t.procedure.use(guarded);

/** A procedure with a known caller, in `ctx.caller`. */
export const procedure = openProcedure.use(({ ctx, next }) => {
  const { identity, from, request } = ctx;
  if (!identity) throw new TypeError("only an open procedure has no caller");
  const caller: Caller = { identity, from, request };
  return next({ ctx: { ...ctx, caller } });
});
