import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export interface SmallDisk {
  /** Removed after the file's tests, as the disk is. */
  readonly root: string;
  /** In `root`: the folder that the file system is mounted on. */
  readonly small: string;
  /** Why this process may not mount one. */
  readonly refusal: string | undefined;
}

/**
 * A real file system of that size. Await it at a test file's top level.
 * @param size as tmpfs takes it, such as "64k".
 * @param how "ro": it can only be read, and is empty.
 */
export async function mountSmallDisk(size: string, how: "rw" | "ro" = "rw"): Promise<SmallDisk> {
  const root = await mkdtemp(join(tmpdir(), "graft-full-"));
  const small = join(root, "small");
  await mkdir(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},${how}`, "tmpfs", small]);
  const refusal =
    mounted.status === 0 ? undefined : (mounted.error?.message ?? mounted.stderr.toString().trim());
  afterAll(async () => {
    if (!refusal) spawnSync("umount", [small]);
    await rm(root, { recursive: true });
  });
  return { root, small, refusal };
}
