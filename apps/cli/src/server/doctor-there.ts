import { EXIT } from "../exit/exit-codes.ts";
import { print, printJson } from "../output/stdout.ts";
import { byteSize, table } from "../output/text.ts";
import type { CommandContext } from "../session/context.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";

type Diagnosis = Awaited<ReturnType<ServerClient["api"]["system"]["doctor"]["query"]>>;

/** `graft doctor` on a server: what it can do, and what is amiss. Exit code 1 when something is. */
export async function doctorThere({ json }: CommandContext, server: Credentials): Promise<void> {
  let found: Diagnosis;
  try {
    found = await connect(server).api.system.doctor.query();
  } catch (error) {
    throw asCoreError(error, server.url);
  }
  if (json) printJson(found);
  else print(diagnosisText(found, server.url));
  if (!found.isOk) process.exitCode = EXIT.failed;
}

function diagnosisText({ version, checks, engines, workers, host, isOk }: Diagnosis, url: string): string {
  const amiss = checks.filter((check) => !check.isOk);
  const facts: readonly (readonly [string, string])[] = host
    ? [
        ["Runtime", `${host.runtime} on ${host.platform}`],
        ["Processor", `${host.processor}, ${host.threads} threads`],
        ["Memory", `${byteSize(host.memoryBytes)}, ${byteSize(host.freeMemoryBytes)} free`],
        ["Home", host.home],
        ["Store", host.store],
        ["Files", host.blobs],
      ]
    : [];
  const usable = engines.filter(({ isUsable }) => isUsable);
  const refused = engines.filter(({ isUsable }) => !isUsable);
  return [
    [["Server", `${url}, graft ${version}`] as const, ...facts]
      .map(([name, value]) => `${name.padEnd(10)} ${value}`)
      .join("\n"),
    table(
      [
        ["part", "is", "what was found"],
        ...checks.map(({ what, isOk: isWell, said }) => [what, isWell ? "well" : "amiss", said]),
      ],
      { names: 3 },
    ),
    usable.length === 0
      ? ""
      : table(
          [
            ["engine", "in int8", "device"],
            ...usable.map(({ id, int8, said }) => [id, int8?.said ?? "-", said]),
          ],
          { names: 3 },
        ),
    refused.map(({ id, said }) => `${id}: ${said}`).join("\n"),
    workers.length === 0
      ? ""
      : table(
          [
            ["worker", "kind", "state", "graft", "engines"],
            ...workers.map((one) => [one.name, one.kind, one.state, one.version, one.backends.join(", ")]),
          ],
          { names: 5 },
        ),
    isOk ? "The server is well." : amiss.map(({ what, fix }) => `${what}: ${fix ?? ""}`).join("\n"),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}
