import type { ApiContext } from "@graft/api";
import { getTRPCErrorFromUnknown, type TRPCError } from "@trpc/server";
import type { Operation } from "./operations.ts";

/** What a call needs beside its input. */
export interface CallOptions {
  readonly ctx: ApiContext;
  /** Of a batch: which call. */
  readonly batchIndex?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls a procedure as tRPC's own adapters do; its input is asked for when the caller may call it at all.
 *
 * tRPC runs a procedure's steps (permission, input, output, the procedure itself) one inside the other, and copies a call's
 * options for each with a helper for old engines: a quarter of an empty request's time (`test/bench/bench-http.ts`). The
 * same steps are run here without it. Where a version of tRPC keeps them in another form, its own way is taken.
 * @throws TRPCError
 */
export async function call(
  { name, type, meta, procedure }: Operation,
  input: () => unknown,
  { ctx, batchIndex = 0, signal }: CallOptions,
): Promise<unknown> {
  const getRawInput = async (): Promise<unknown> => input();
  const steps = stepsOf(procedure);
  if (steps === undefined) return procedure({ ctx, path: name, type, signal, batchIndex, getRawInput });
  const result = await run(
    steps,
    0,
    { meta, path: name, type, signal, batchIndex },
    ctx,
    undefined,
    getRawInput,
  );
  if (!result.ok) throw result.error;
  return result.data;
}

type Result =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: TRPCError };

/** What a step may change for those inside of it. */
interface Changes {
  readonly ctx?: object;
  readonly input?: unknown;
  readonly getRawInput?: () => Promise<unknown>;
}

/** What all steps of a call are given. */
interface Call {
  readonly meta: unknown;
  readonly path: string;
  readonly type: string;
  readonly signal: AbortSignal | undefined;
  readonly batchIndex: number;
}

interface StepOptions extends Call {
  readonly ctx: object;
  readonly input: unknown;
  readonly getRawInput: () => Promise<unknown>;
  readonly next: (changes?: Changes) => Promise<Result>;
}

type Step = (options: StepOptions) => Promise<Result>;

/** tRPC's types leave a procedure's steps out. */
function stepsOf({ _def }: Operation["procedure"]): readonly Step[] | undefined {
  const { middlewares }: Operation["procedure"]["_def"] & { readonly middlewares?: unknown } = _def;
  return isSteps(middlewares) ? middlewares : undefined;
}

const isSteps = (value: unknown): value is readonly Step[] =>
  Array.isArray(value) && value.length > 0 && value.every((step) => typeof step === "function");

async function run(
  steps: readonly Step[],
  at: number,
  call: Call,
  ctx: object,
  input: unknown,
  getRawInput: () => Promise<unknown>,
): Promise<Result> {
  const step = steps[at];
  try {
    if (step === undefined) throw new TypeError("the last step of a procedure asked for another");
    const { meta, path, type, signal, batchIndex } = call;
    const next = (changes?: Changes): Promise<Result> => {
      if (changes === undefined) return run(steps, at + 1, call, ctx, input, getRawInput);
      const inner = changes.ctx === undefined ? ctx : { ...ctx, ...changes.ctx };
      const parsed = "input" in changes ? changes.input : input;
      return run(steps, at + 1, call, inner, parsed, changes.getRawInput ?? getRawInput);
    };
    return await step({ meta, path, type, signal, batchIndex, ctx, input, getRawInput, next });
  } catch (cause) {
    return { ok: false, error: getTRPCErrorFromUnknown(cause) };
  }
}
