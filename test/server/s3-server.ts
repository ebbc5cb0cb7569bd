import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { motoPython } from "../setup/moto-python.ts";

/** An S3 server of the tests' own: moto, on a free port of this machine, as a child. */
export interface S3Server extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Makes a bucket. @returns the address of a place in it, as `openBlobStore` takes it. */
  bucket(name: string, prefix?: string): Promise<string>;
  /** Ends it, with all that it held. */
  stop(): Promise<void>;
}

/** It takes whatever it is given. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };

/** How many objects it lists at a time, where others list a thousand: so that tests see more than one page. */
export const S3_PAGE = 50;

/** The port that it says it has, which it chose among the free ones. */
async function portOf(child: ChildProcess): Promise<string> {
  if (!child.stderr) throw new TypeError("its words are piped");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return port;
    said.push(line);
  }
  throw new Error(`moto ended: ${said.join("\n")}`);
}

/**
 * Starts one; the credentials go into this process's environment, where the AWS library looks for them.
 * @returns undefined where moto is not installed (`NO_S3` says what to do).
 */
export async function startS3(): Promise<S3Server | undefined> {
  const python = motoPython();
  if (python === undefined) return undefined;
  Object.assign(process.env, CREDENTIALS);
  const script = join(dirname(python), "moto_server");
  const child = spawn(python, [script, "-H", "127.0.0.1", "-p", "0"], {
    env: { ...process.env, PYTHONUNBUFFERED: "1", MOTO_S3_DEFAULT_MAX_KEYS: String(S3_PAGE) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const endpoint = `http://127.0.0.1:${await portOf(child)}`;
  // it logs each request: a full pipe would stop it
  child.stderr.resume();
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return {
    endpoint,
    async bucket(name, prefix = "") {
      const made = await fetch(`${endpoint}/${name}`, { method: "PUT" });
      if (!made.ok) throw new Error(`moto makes no bucket: ${made.status}`);
      return `s3://${name}/${prefix}?endpoint=${endpoint}`;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
