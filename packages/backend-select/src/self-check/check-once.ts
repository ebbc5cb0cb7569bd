import type { Backend } from "@graft/core";
import { SELF_CHECK_VERSION, selfCheck } from "./self-check.ts";

/** Which devices computed right, so that the check is not paid for on every start. One that forgets costs time, nothing else. */
export interface PassedChecks {
  has(key: string): Promise<boolean>;
  add(key: string): Promise<void>;
}

/** All that can change a device's numbers: another of these is another device. Adapters' names carry their driver's version. */
const keyOf = ({ id, device }: Backend, platform: readonly string[]): string =>
  [`check ${SELF_CHECK_VERSION}`, id, device.engineVersion, device.name, ...platform].join("; ");

/**
 * {@link selfCheck}, unless this very device passed it before. Failures are not remembered.
 * @param options.platform what beside the engine can change numbers: the system's version, a driver's, the browser's.
 */
export async function checkOnce(
  backend: Backend,
  { passed, platform }: { readonly passed: PassedChecks; readonly platform: readonly string[] },
): Promise<string | undefined> {
  const key = keyOf(backend, platform);
  if (await passed.has(key)) return undefined;
  const reason = await selfCheck(backend);
  if (reason === undefined) await passed.add(key);
  return reason;
}
