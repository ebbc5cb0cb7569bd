import { IS_LAST } from "@graft/api";
import { CoreError } from "@graft/core";
import type { Patience } from "./patience.ts";
import { storeError } from "./store-error.ts";

async function* telling<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* items;
  } catch (error) {
    throw storeError(error);
  }
}

/** Who would ask again for a minute does not. */
function lastWord(error: unknown): unknown {
  if (!(error instanceof CoreError)) return error;
  const { code, parts, facts, cause } = error;
  return new CoreError(code, parts, { cause, facts: { ...facts, [IS_LAST]: true } });
}

const isAwaited = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** The same repository, which waits for a database that is away for a while, and throws what people should hear. */
export function withStoreErrors<T extends object>(target: T, patience: Patience): T {
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, given);
        if (isIterable(result)) return telling(result);
        // what no database is asked for: a listener that is added
        if (!isAwaited(result)) return result;
        // drizzle's questions are asked when somebody waits for them, and again for each who does
        let first: unknown = result;
        const ask = async (): Promise<unknown> => {
          const asked = first ?? Reflect.apply(value, target, given);
          first = undefined;
          return await asked;
        };
        return patience.ask(ask).catch((error: unknown) => {
          throw patience.isOver ? lastWord(storeError(error)) : storeError(error);
        });
      };
    },
  });
}
