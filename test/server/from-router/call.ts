import { type ApiContext, apiRouter, asRpcError, type Identity, type Services, toldError } from "@graft/api";
import type { SerializedError } from "@graft/core";

/** What came of a call. */
export type Answer =
  | { readonly code: "ok"; readonly data: unknown }
  | { readonly code: SerializedError["code"] | "hang"; readonly message: string; readonly cause?: unknown };

/** No call of a test takes so long, however busy the machine is. */
const HANG_MS = 30_000;

const isFunction = (value: unknown): value is (input: unknown) => Promise<unknown> =>
  typeof value === "function";
const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** Of a stream the first part, if one comes soon; it is ended then. */
async function firstOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  const parts = stream[Symbol.asyncIterator]();
  const soon = new Promise<void>((resolve) => setTimeout(resolve, 300));
  const first = await Promise.race([parts.next().then(({ value }) => value), soon]);
  // one that waits for news ends when the news or the end of the test comes
  void parts.return?.();
  return first;
}

async function answered(call: Promise<unknown>): Promise<Answer> {
  try {
    const result = await call;
    return { code: "ok", data: isStream(result) ? await firstOf(result) : result };
  } catch (error) {
    // what a stream throws while it is open comes as it is, and hosts turn it into tRPC's then
    const told = asRpcError(error);
    const { code, message } = toldError(told);
    return { code, message, cause: told.cause ?? told };
  }
}

/**
 * Calls a procedure as a host does.
 * @param path "datasets.list"
 * @param identity undefined: without a token.
 */
export async function call(
  services: Services,
  identity: Identity | undefined,
  { path, input }: { readonly path: string; readonly input: unknown },
): Promise<Answer> {
  const context: ApiContext = { services, identity, from: "192.0.2.1", request: "test" };
  let at: unknown = apiRouter.createCaller(context);
  for (const part of path.split(".")) at = Reflect.get(Object(at), part);
  if (!isFunction(at)) throw new TypeError(`${path} is no procedure`);
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve({ code: "hang", message: `no answer in ${HANG_MS} ms` }), HANG_MS);
  });
  try {
    return await Promise.race([answered(at(input)), hang]);
  } finally {
    clearTimeout(timer);
  }
}
