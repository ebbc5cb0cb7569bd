import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Debian's programs are beside each other by version, and not in the PATH. */
const DEBIAN = "/usr/lib/postgresql";
const EXECUTABLE = process.platform === "win32" ? ".exe" : "";

const hasServer = (folder: string): boolean =>
  ["initdb", "postgres"].every((program) => existsSync(join(folder, program + EXECUTABLE)));

function configured(): readonly string[] {
  const { status, stdout } = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  return status === 0 ? [stdout.trim()] : [];
}

function ofDebian(): readonly string[] {
  if (!existsSync(DEBIAN)) return [];
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN, version, "bin"));
}

/** The folder of PostgreSQL's programs: GRAFT_TEST_POSTGRES, else the system's; else undefined. */
export function postgresFolder(): string | undefined {
  const given = process.env.GRAFT_TEST_POSTGRES;
  if (given) return given;
  return [...configured(), ...ofDebian()].find(hasServer);
}

/** Why a test that needs it is skipped. */
export const NO_POSTGRES =
  "no PostgreSQL server: install one, or set GRAFT_TEST_POSTGRES to the folder of its programs; npm run setup:tests says what it tried";

/** Why no PostgreSQL can be started; undefined when one can. With CI=true a missing one is a failure. */
export function whyNoPostgres(): string | undefined {
  if (postgresFolder() !== undefined) return undefined;
  if (process.env.CI === "true") throw new Error(NO_POSTGRES);
  return NO_POSTGRES;
}

/** Debian starts a server of its own when the package comes, unless this says otherwise; ours are started by the tests. */
function keepQuiet(): void {
  const settings = "/etc/postgresql-common";
  if (existsSync(join(settings, "createcluster.conf"))) return;
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, "createcluster.conf"), "create_main_cluster = false\n");
}

/**
 * Brings Debian's package where there is no PostgreSQL and nobody must be asked.
 * @returns what came of it, for people; never an error: the tests are then skipped by name.
 */
export function installPostgres(): string {
  if (postgresFolder() !== undefined) return "there";
  if (process.platform !== "linux") return "apt-get is Linux's";
  if (process.getuid?.() !== 0) return "not root, so apt-get was not asked";
  if (spawnSync("apt-get", ["--version"]).error) return "no apt-get";
  keepQuiet();
  const apt = (...words: string[]): boolean =>
    spawnSync("apt-get", words, {
      stdio: "ignore",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeout: 480_000,
    }).status === 0;
  apt("update");
  const words = ["install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"];
  return apt(...words, "postgresql") ? "installed by apt-get" : "apt-get could not install postgresql";
}
