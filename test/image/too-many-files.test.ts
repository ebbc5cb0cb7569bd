import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FROM_SOURCES } from "../from-sources.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-files-"));
  path = join(folder, "photo.png");
  const create = { width: 60, height: 30, channels: 3, background: "#204060" } as const;
  await sharp({ create }).png().toFile(path);
});
afterAll(() => rm(folder, { recursive: true }));

const hasLimit = process.platform !== "win32";
test.skipIf(!hasLimit).each([
  ["a thread that reads images cannot start", []],
  ["an image cannot be read", ["started"]],
])(
  `where the system opens no more files, ${hasLimit ? "" : "(skipped: no such limit here) "}%s, which is no image's fault`,
  (_, words) => {
    const script = join(import.meta.dirname, "too-many-files.ts");
    const node = [process.execPath, ...FROM_SOURCES, script, path, ...words];
    const { stdout, stderr } = spawnSync("sh", ["-c", 'ulimit -n 300 && exec "$@"', "sh", ...node], {
      encoding: "utf8",
    });
    const [refused, then]: unknown[] = JSON.parse(stdout || `["${stderr}"]`);
    expect(refused).toMatch(
      words.length > 0 ? /^unreadable: .*photo\.png cannot be read \(EMFILE\)/ : /^unreadable: /,
    );
    expect(then).toBe("png");
  },
);
