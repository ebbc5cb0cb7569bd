import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { dirname, join } from "node:path";
import type { Backend } from "@graft/core";
import { nvidiaDriverVersion } from "./gpu-signs-node.ts";
import { SELF_CHECK_VERSION, selfCheck } from "./self-check/self-check.ts";

/** HOME/engines/checks.json: which devices computed right, so that the check is not paid for on every start. */
const fileOf = (home: string): string => join(home, "engines", "checks.json");
const KEPT = 50;

/** All that can change a device's numbers: another of these is another device. Adapters' names carry their driver's version. */
function keyOf({ id, device }: Backend): string {
  return [
    `check ${SELF_CHECK_VERSION}`,
    id,
    device.engineVersion,
    device.name,
    release(),
    nvidiaDriverVersion(),
  ].join("; ");
}

/** A file that is absent or spoilt has no passed check: it is only a memory. */
async function readPassed(home: string): Promise<readonly string[]> {
  try {
    const content: unknown = JSON.parse(await readFile(fileOf(home), "utf8"));
    return Array.isArray(content) ? content.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
}

async function writePassed(home: string, keys: readonly string[]): Promise<void> {
  const file = fileOf(home);
  const temporary = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(keys, null, 1)}\n`, { flush: true });
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined); // a home that cannot be written: checked again next time
  }
}

/** {@link selfCheck}, unless this very device passed it before. Failures are not remembered. */
export async function checkOnce(backend: Backend, home: string): Promise<string | undefined> {
  const key = keyOf(backend);
  if ((await readPassed(home)).includes(key)) return undefined;
  const reason = await selfCheck(backend);
  if (reason === undefined) {
    const others = (await readPassed(home)).filter((other) => other !== key);
    await writePassed(home, [...others, key].slice(-KEPT));
  }
  return reason;
}
