import { checkInt8 } from "@graft/backend-select";
import { type Backend, CoreError, checkInt8Engine, type TrainConfig } from "@graft/core";
import type { Session } from "../session/session.ts";

/** Below this another set of features is not worth it. */
export const WORTHWHILE = 1.1;

/**
 * Looks at int8 before a training relies on it: refused where the engine has none or its numbers are wrong, with a note
 * where this processor gains nothing.
 * @throws CoreError `unsupported`, `backend`.
 */
export async function checkInt8Use(
  session: Session,
  { precision }: Pick<TrainConfig, "precision">,
  backend: Backend,
): Promise<void> {
  if (precision === "float32") return;
  checkInt8Engine(backend);
  const { wrong, timesFaster } = await checkInt8(backend);
  if (wrong !== undefined) throw new CoreError("backend", { what: wrong, fix: "Use --precision float32." });
  if (timesFaster < WORTHWHILE)
    session.notice(
      `Note: --precision int8 brings no speed on this processor (a convolution ran ${timesFaster.toFixed(2)} × as fast as in float32); --precision float32 is as quick and exact.`,
    );
}
