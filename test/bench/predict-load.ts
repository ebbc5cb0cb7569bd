// What bench-predict-server.ts measures of a server while pictures are sent to it.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { FROM_SOURCES } from "../from-sources.ts";
import type { BenchServer } from "./predict-servers.ts";

const loadSchema = z.object({
  tookSeconds: z.number(),
  latenciesMs: z.array(z.number()),
  errors: z.number(),
  firstError: z.string(),
});

export interface Load {
  readonly tookSeconds: number;
  /** One for each picture. */
  readonly latenciesMs: readonly number[];
  /** The server's, with the processes that it started; NaN where the system does not tell. */
  readonly cpuMs: number;
}

/**
 * Sends a folder's pictures to a server from a process of its own.
 * @throws Error for an answer that is none.
 */
export async function load(
  { url, token, pid }: BenchServer,
  {
    clients,
    seconds,
    photos,
  }: { readonly clients: number; readonly seconds: number; readonly photos: string },
): Promise<Load> {
  const words = [url, `${clients}`, `${seconds}`, photos, ...(token === undefined ? [] : [token])];
  const cpuBefore = cpuMsOf(pid);
  const child = spawn(
    process.execPath,
    [...FROM_SOURCES, resolve(import.meta.dirname, "load-generator.ts"), ...words],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.on("data", (text: Buffer) => {
    said += text.toString("utf8");
  });
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  const { errors, firstError, ...result } = loadSchema.parse(JSON.parse(said));
  if (errors > 0) throw new Error(`${errors} errors, the first: ${firstError}`);
  return { ...result, cpuMs: cpuMsOf(pid) - cpuBefore };
}

/** Several turns' loads as one. */
export const together = (loads: readonly Load[]): Load => ({
  tookSeconds: loads.reduce((sum, { tookSeconds }) => sum + tookSeconds, 0),
  latenciesMs: loads.flatMap(({ latenciesMs }) => latenciesMs),
  cpuMs: loads.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
});

/** Pictures a second. */
export const rateOf = ({ latenciesMs, tookSeconds }: Load): number => latenciesMs.length / tookSeconds;

export const cpuEach = ({ cpuMs, latenciesMs }: Load): number => cpuMs / latenciesMs.length;

export function quantile({ latenciesMs }: Load, share: number): number {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

/** A figure of a process and of all below it. */
function overAll(pid: number, figure: (pid: number) => number): number {
  const children = `/proc/${pid}/task/${pid}/children`;
  const below = existsSync(children) ? readFileSync(children, "utf8").trim().split(" ").filter(Boolean) : [];
  return figure(pid) + below.reduce((sum, child) => sum + overAll(Number(child), figure), 0);
}

/** Bytes of memory of a process and of all below it. */
export const residentOf = (pid: number): number =>
  overAll(pid, (one) => 4096 * Number(readFileSync(`/proc/${one}/statm`, "utf8").split(" ")[1]));

/** Milliseconds of processor time so far, in ticks of 10; NaN where the system does not tell. */
const cpuMsOf = (pid: number): number =>
  existsSync("/proc/self/stat")
    ? overAll(pid, (one) => {
        const fields = readFileSync(`/proc/${one}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
        return 10 * (Number(fields[11]) + Number(fields[12]));
      })
    : Number.NaN;
