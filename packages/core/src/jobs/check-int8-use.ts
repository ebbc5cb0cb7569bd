import type { Backend } from "../backend/backend.ts";
import type { TrainConfig } from "../config/config.ts";
import { CoreError } from "../errors.ts";
import { checkInt8Engine } from "../quantize/compile-int8.ts";
import type { JobNote } from "./open-dataset.ts";
import type { Workspace } from "./workspace.ts";

/** Below this another set of features is not worth it. */
export const INT8_WORTHWHILE = 1.1;

/**
 * Looks at int8 before a training relies on it: refused where the engine has none or its numbers are wrong.
 * @returns a note where this processor gains nothing.
 * @throws CoreError `unsupported`, `backend`.
 */
export async function checkInt8Use(
  workspace: Pick<Workspace, "checkInt8">,
  { precision }: Pick<TrainConfig, "precision">,
  backend: Backend,
): Promise<JobNote | undefined> {
  if (precision === "float32") return undefined;
  checkInt8Engine(backend);
  const { wrong, timesFaster } = await workspace.checkInt8(backend);
  if (wrong !== undefined) throw new CoreError("backend", { what: wrong, fix: "Use `precision: float32`." });
  if (timesFaster >= INT8_WORTHWHILE) return undefined;
  const message = `\`precision: int8\` is no faster on this processor (a convolution ran ${timesFaster.toFixed(2)} × as fast as in float32); \`precision: float32\` is as fast, and exact.`;
  return { code: "int8-no-gain", message };
}
