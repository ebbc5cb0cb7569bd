import { UsageError } from "../exit/exit-codes.ts";
import { print, printJson } from "../output/stdout.ts";
import { checkNotInput, checkOutFile } from "../places/out-path.ts";
import type { CommandContext, Flags } from "../session/context.ts";

/** Where features go: numbers, and what their rows are of. */
export interface FeaturesPlace {
  /** .npy */
  readonly out: string;
  /** .json */
  readonly beside: string;
}

/**
 * The two files of `--out`, looked at before any work is done for them.
 * @param input what is read, which is never written over.
 * @throws UsageError for another ending; CoreError as `checkNotInput` and `checkOutFile`.
 */
export async function featuresPlace(flags: Flags, input?: string): Promise<FeaturesPlace> {
  const out = String(flags.out);
  if (!/\.npy$/i.test(out))
    throw new UsageError(`--out: expected a name that ends in .npy. Received: ${out}.`);
  const beside = out.replace(/\.npy$/i, ".json");
  for (const path of [out, beside]) {
    if (input !== undefined) await checkNotInput(path, input);
    await checkOutFile(path, flags.force === true);
  }
  return { out, beside };
}

/** @param shape of the numbers. @param isLabelled their images are in classes. */
export function tellFeatures(
  { json }: Pick<CommandContext, "json">,
  { out, beside }: FeaturesPlace,
  { shape, isLabelled }: { readonly shape: readonly number[]; readonly isLabelled: boolean },
): void {
  if (json) printJson({ features: out, names: beside, shape });
  else {
    const each = isLabelled ? "path and label" : "path";
    print(`${out}: float32 [${shape.join(", ")}]\n${beside}: ${each} of each row`);
  }
}
