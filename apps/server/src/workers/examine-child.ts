// node examine-child.js HOME: tries every engine, prints what each said, and ends.
import { type BackendProbe, checkInt8, probeBackends, selectBackend } from "@graft/backend-select";

const [home = ""] = process.argv.slice(2);
const { env } = process;

/** The one that is taken without being named is the one that int8 is asked of: to open each again takes long. */
async function int8Of(id: string): Promise<{ readonly isUsable: boolean; readonly said: string }> {
  try {
    await using backend = (await selectBackend({ backend: id, home, env })).backend;
    if (!backend.limits.int8) return { isUsable: false, said: "It computes 8-bit numbers in float32." };
    const { wrong, timesFaster } = await checkInt8(backend);
    const said = wrong ?? `A convolution is ${timesFaster.toFixed(1)} times as fast as in float32.`;
    return { isUsable: wrong === undefined, said };
  } catch (error) {
    return { isUsable: false, said: error instanceof Error ? error.message : String(error) };
  }
}

const engines: object[] = [];
let chosen: string | undefined;
for await (const probe of probeBackends({ home, env })) {
  const { id, kind } = probe;
  const isAutomatic = probe.usable && probe.automatic;
  if (isAutomatic) chosen ??= id;
  const int8 = chosen === id ? await int8Of(id) : null;
  engines.push({ id, kind, isUsable: probe.usable, isAutomatic, said: saidBy(probe), int8 });
}
process.stdout.write(JSON.stringify({ engines }));

function saidBy(probe: BackendProbe): string {
  if (!probe.usable) return probe.reason;
  const { name, engine, engineVersion, software } = probe.device;
  return `${name} (${engine} ${engineVersion}${software ? ", imitated in software" : ""})`;
}
