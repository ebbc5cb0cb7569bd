import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { CoreError } from "@graft/core";
import { findImages, openUnlabelled, readFailure } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asNobody, openToAll } from "../as-nobody.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";

let place: Workplace;
let folder: string;

beforeAll(async () => {
  place = await openWorkplace();
  await mkdir(place.path("."), { recursive: true });
  await openToAll(place.root, place.path("."));
  const files = ["a/1", "a/2", "b/1", "b/2"].map(async (name, seed) => [`${name}.png`, await picture(seed)]);
  await place.warmUp();
  folder = await place.write("set", Object.fromEntries(await Promise.all(files)));
});
afterAll(() => place.close());

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: the system's words, open`), { code, syscall: "open" });

describe("trouble of the machine while a data set is looked at", () => {
  test.each(["EIO", "EMFILE", "ENFILE", "ESTALE", "ENOMEM", "ETIMEDOUT", "EBUSY", "ENODEV"])(
    "(%s, once) stops it and names file and code",
    async (code) => {
      const inspect = async (path: string) => {
        if (path.endsWith("2.png")) throw readFailure(path, systemError(code));
        return place.pool.inspect(path);
      };
      const refusal = {
        code: "unreadable",
        message: expect.stringMatching(`2\\.png cannot be read \\(${code}\\)`),
      };
      await expect(place.open(folder, { inspect })).rejects.toMatchObject(refusal);
      await expect(openUnlabelled(place.path("set/a"), { inspect })).rejects.toMatchObject(refusal);
    },
  );

  test("stops it where it was taken for another error's cause, too", async () => {
    const inspect = () =>
      Promise.reject(new CoreError("bad-input", { what: "No." }, { cause: systemError("ESTALE") }));
    await expect(place.open(folder, { inspect })).rejects.toThrow("No.");
  });

  test("is no decoder's error: that makes one file broken", async () => {
    const inspect = async (path: string) => {
      if (path.endsWith("2.png")) throw new CoreError("corrupt", { what: "It is cut off." });
      return place.pool.inspect(path);
    };
    const { dataset } = await place.open(folder, { inspect });
    expect(dataset.broken.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "a/2.png corrupt",
      "b/2.png corrupt",
    ]);
  });

  test.skipIf(process.platform !== "linux")(
    "crosses the thread that reads (the kernel gives EIO for /proc/self/mem)",
    async () => {
      const file = { path: "/proc/self/mem", hash: "0".repeat(64) };
      const rule = { version: 1, size: 75, fit: "stretch", resize: "bilinear" } as const;
      const refusal = {
        code: "unreadable",
        message: expect.stringContaining("/proc/self/mem cannot be read (EIO)"),
      };
      await expect(place.pool.inspect(file.path)).rejects.toMatchObject(refusal);
      await expect(place.pool.prepare(file, rule, null, [0])).rejects.toMatchObject(refusal);
    },
  );
});

const canLock = process.platform !== "win32";
test.skipIf(!canLock)("a folder whose files are listed and may not be reached stops it", async () => {
  const locked = await place.write("locked", {
    "a/1.png": await picture(1),
    "a/deep/1.png": await picture(2),
    "b/1.png": await picture(3),
  });
  await chmod(place.path("locked/a/deep"), 0o744);
  if (process.getuid?.() !== 0) await chmod(place.path("locked/a/deep"), 0o644);
  try {
    const refusal = {
      code: "unreadable",
      message: expect.stringMatching(/deep\/1\.png.*\(EACCES\).*you may not enter the folder that it is in/),
    };
    await expect(asNobody(() => place.open(locked))).rejects.toMatchObject(refusal);
    await expect(asNobody(() => findImages(locked))).rejects.toMatchObject(refusal);
  } finally {
    await chmod(place.path("locked/a/deep"), 0o755);
  }
});

test("files that go while they are looked at stop it, when they are many; one is left out", async () => {
  const going = await place.write("going", {
    ...Object.fromEntries(
      await Promise.all(
        Array.from({ length: 12 }, async (_, at) => [`a/${at}.png`, await picture(at)] as const),
      ),
    ),
    "b/1.png": await picture(50),
    "b/2.png": await picture(51),
  });
  const without = (count: number) => async (path: string) => {
    const at = Number(/a[\\/](\d+)\.png$/.exec(path)?.[1] ?? count);
    if (at < count) await rm(path, { force: true });
    return place.pool.inspect(path);
  };
  const { dataset } = await place.open(going, { inspect: without(1) });
  expect(dataset.broken).toMatchObject([{ path: "a/0.png", code: "not-found" }]);
  await writeFile(place.path("going/a/0.png"), await picture(0));
  await expect(place.open(going, { inspect: without(3) })).rejects.toMatchObject({
    code: "unreadable",
    message: expect.stringMatching(/^3 of 14 files were gone.*still there\?/),
  });
});
