import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { afterAll } from "vitest";
import { PROGRAM } from "../setup/build-graft.ts";

export const CONTAINER = resolve(import.meta.dirname, "../../container");

/** Stands where graft is in the image: says what it was given, and what it finds in its surroundings. */
const TELLS = `#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word"; done
for name in DATABASE_URL PGPASSWORD GRAFT_TOKEN AWS_SECRET_ACCESS_KEY; do
  eval "text=\\\${$name:-}"
  if [ -n "$text" ]; then printf '%s=%s\\n' "$name" "$text"; fi
done
`;

/** A folder with a program "graft" in it. @param real graft itself; else what tells its words and secrets, a line each. */
export async function makeProgram(folder: string, real: boolean): Promise<string> {
  const bin = join(folder, real ? "bin" : "telling");
  await mkdir(bin, { recursive: true });
  const text = real ? `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n` : TELLS;
  await writeFile(join(bin, "graft"), text);
  await chmod(join(bin, "graft"), 0o755);
  return bin;
}

const children = new Set<ChildProcess>();
// of a test that failed before it ended them
afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
});

export interface Started {
  readonly child: ChildProcess;
  /** Of stdout and stderr. */
  readonly said: () => string;
  readonly done: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Settles with what matched; rejects when it ends before that. */
  waitFor(pattern: RegExp): Promise<string>;
}

/** Runs start.sh as a container does: with these variables and no others. @param bin of `makeProgram` */
export function start(
  words: readonly string[],
  bin: string,
  variables: Readonly<Record<string, string>> = {},
): Started {
  const node = dirname(process.execPath);
  const env = {
    PATH: `${bin}:${node}:/usr/bin:/bin`,
    HOME: "/nonexistent",
    GRAFT_OFFLINE: "1",
    ...variables,
  };
  const child = spawn(join(CONTAINER, "start.sh"), words, { env, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  const texts = { stdout: "", stderr: "" };
  const looks = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      for (const look of looks) look();
    });
  const said = (): string => texts.stdout + texts.stderr;
  const done = new Promise<Awaited<Started["done"]>>((settle, reject) => {
    child.on("error", reject);
    child.on("close", (code) => settle({ code, ...texts }));
  });
  const waitFor = (pattern: RegExp): Promise<string> =>
    new Promise((settle, reject) => {
      const look = (): void => {
        const [found] = pattern.exec(texts.stdout) ?? pattern.exec(texts.stderr) ?? [];
        if (found === undefined) return;
        looks.delete(look);
        settle(found);
      };
      looks.add(look);
      look();
      done.then(({ code }) => reject(new Error(`ended with ${code} before ${pattern}:\n${said()}`)), reject);
    });
  return { child, said, done, waitFor };
}
