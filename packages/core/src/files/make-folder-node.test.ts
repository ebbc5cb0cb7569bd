import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeFolder } from "./make-folder-node.ts";
import { writeRefusal } from "./write-refusal-node.ts";

vi.mock("node:fs/promises", { spy: true });

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-make-"));
  await writeFile(join(root, "file"), "");
  await symlink(join(root, "nowhere"), join(root, "link"));
});
afterAll(() => rm(root, { recursive: true }));

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: as the system says`), { code });
const refusalOf = async (path: string): Promise<string> =>
  makeFolder(path).then(
    () => "made",
    (error: unknown) => writeRefusal(path, error),
  );

describe("a folder", () => {
  it("is made with all above it, and is no trouble when it is there", async () => {
    await makeFolder(join(root, "a", "b", "c"));
    await makeFolder(join(root, "a", "b", "c"));
    expect((await stat(join(root, "a", "b", "c"))).isDirectory()).toBe(true);
  });

  it("below a file is refused with that file's name, one below a dangling link with the link's", async () => {
    expect(await refusalOf(join(root, "file", "runs"))).toBe(
      `${join(root, "file")} is a file, where a folder is needed (ENOTDIR)`,
    );
    expect(await refusalOf(join(root, "file"))).toBe(
      `${join(root, "file")} is a file, where a folder is needed (EEXIST)`,
    );
    expect(await refusalOf(join(root, "link", "runs"))).toMatch(
      /link is a link that leads nowhere \((ENOENT|ENOTDIR)\)$/,
    );
  });

  // what Node makes of mkdir's EROFS below a folder that is not there; test/cli/read-only.test.ts mounts such a disk
  it("on a disk that can only be read is refused as read-only, though Node says ENOENT", async () => {
    const home = join(root, "home");
    vi.mocked(mkdir).mockImplementationOnce(() => Promise.reject(systemError("ENOENT")));
    vi.mocked(mkdir).mockImplementationOnce((path) =>
      Promise.reject(systemError(path === home ? "EROFS" : `not ${String(path)}`)),
    );
    expect(await refusalOf(join(home, "runs"))).toBe(`${join(home, "runs")} is read-only (EROFS)`);
  });

  it("that is made by somebody else meanwhile is made", async () => {
    vi.mocked(mkdir).mockImplementationOnce(() => Promise.reject(systemError("ENOENT")));
    await makeFolder(join(root, "x", "y"));
    expect((await stat(join(root, "x", "y"))).isDirectory()).toBe(true);
  });
});

it.each([
  ["EROFS", "home is read-only (EROFS)"],
  ["ENOSPC", "the disk of home is full (ENOSPC)"],
  ["EDQUOT", "your quota on the disk of home is used up (EDQUOT)"],
  ["EACCES", "this user may not write to home (EACCES)"],
  ["EIO", "home (EIO: as the system says)"],
])("%s is told apart", (code, text) => {
  expect(writeRefusal("home", systemError(code))).toBe(text);
});
