import { installPython, type PythonEnvironment, pythonOf } from "./python-environment.ts";

/**
 * A server that speaks S3. Its extra "server" brings what other services need as well, another 100 MB; flask is all that S3
 * needs of it.
 */
const MOTO: PythonEnvironment = {
  name: "moto",
  packages: ["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"],
  variable: "GRAFT_TEST_S3",
  room: "107 MB",
};

/** A Python that has it; undefined where it is not installed. */
export const motoPython = (): string | undefined => pythonOf(MOTO);

/** Why a test that needs it is skipped. */
export const NO_S3 = "no S3 server: GRAFT_TEST_S3=1 lets npm run setup:tests install moto";

/** @returns what came of it, for people; never an error: the tests are then skipped by name. */
export const installMoto = (): Promise<string> => installPython(MOTO);
