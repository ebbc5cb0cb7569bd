import { type ApiContext, type Caller, permissionOf } from "@graft/api";
import { CoreError } from "@graft/core";
import type { Exchange } from "../edge/exchange.ts";
import type { JsonSchema } from "../rpc/json-schema.ts";

/** A request of a raw route. */
export interface RawRequest {
  readonly exchange: Exchange;
  /** Parts of the path by name, decoded. */
  readonly parts: ReadonlyMap<string, string>;
  /** Who calls. @throws CoreError, EdgeError for a token that is not good */
  readonly context: () => Promise<ApiContext>;
}

/** An address that takes or gives bytes, which no procedure can; it stands in the same document. */
export interface RawRoute {
  /** As a procedure's name; it has its row in the table of permissions, too, unless it is for everybody. */
  readonly name: string;
  readonly isOpen?: true;
  readonly method: "GET" | "PUT" | "POST";
  /** Below /api/v1; `{name+}` at the end takes all that is left of a path. */
  readonly path: `/${string}`;
  readonly summary: string;
  /** What a summary has no room for. */
  readonly description?: string;
  /** Of the parts of the path and of what may stand behind the question mark: what they are; any text, or a schema. */
  readonly parameters: Readonly<Record<string, string | (JsonSchema & { readonly description: string })>>;
  /** By media type; a schema of JSON alone, got when the document is asked for. */
  readonly body?: { readonly description: string; readonly content: Readonly<Record<string, JsonSchema>> };
  /** By status. */
  readonly answers: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, JsonSchema>> }>
  >;
  readonly answer: (request: RawRequest) => Promise<void>;
}

/**
 * Who calls a raw route, if its role may.
 * @throws CoreError `unauthorized`, `forbidden`
 */
export async function callerOf(name: string, { context }: RawRequest): Promise<Caller> {
  const { identity, from, request } = await context();
  if (identity === undefined)
    throw new CoreError("unauthorized", {
      what: "A token is needed.",
      fix: "Send it as `Authorization: Bearer TOKEN`; an admin makes one.",
    });
  const { role } = identity.token;
  if (permissionOf(name, role) !== undefined) return { identity, from, request };
  throw new CoreError("forbidden", {
    what: `A token of the role ${role} may not do this.`,
    received: name,
    fix: "Use a token of another role.",
  });
}

/** A part of the path. @throws TypeError for one that the route does not have. */
export function part({ parts }: RawRequest, name: string): string {
  const value = parts.get(name);
  if (value === undefined) throw new TypeError(`the route has no part {${name}}`);
  return value;
}
