import { readFileSync } from "node:fs";

/** Of Linux on every processor that Node runs on, but for some ARM kernels with larger pages: too little is read there then. */
const PAGE_BYTES = 4096;

/** Memory that a process takes, in bytes; undefined where only it can say. */
export function memoryOf(pid: number): number | undefined {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
    return pages === undefined ? undefined : Number(pages) * PAGE_BYTES;
  } catch {
    return undefined;
  }
}
