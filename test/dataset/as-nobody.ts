import { chmod, mkdir } from "node:fs/promises";

/** A user who owns nothing and may do nothing that is not allowed to all. */
export const NOBODY = 65534;

/** As a user who is not root, who reads everything; root's own right is given back after it. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Makes folders that he may enter and read. */
export async function openTo(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
  }
}
