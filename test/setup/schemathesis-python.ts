import { installPython, type PythonEnvironment, pythonOf } from "./python-environment.ts";

/** Makes requests from an OpenAPI document, and holds the answers against it. */
const SCHEMATHESIS: PythonEnvironment = {
  name: "schemathesis",
  packages: ["schemathesis==4.32.5"],
  variable: "GRAFT_TEST_SCHEMATHESIS",
  room: "70 MB",
};

/** Its program; undefined where it is not installed. */
export const schemathesis = (): string | undefined =>
  pythonOf(SCHEMATHESIS)?.replace(/python$/, "schemathesis");

/** Vitest's global setup of `npm run test:schemathesis`: who runs that asks for it. @throws Error where it cannot be had. */
export default async function installSchemathesis(): Promise<void> {
  process.env.GRAFT_TEST_SCHEMATHESIS ??= "1";
  const outcome = await installPython(SCHEMATHESIS);
  process.stdout.write(`schemathesis: ${outcome}\n`);
  if (schemathesis() === undefined) throw new Error(`schemathesis is not there: ${outcome}`);
}
