import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkFolder } from "./work-folder-node.ts";

describe.skipIf(process.platform !== "linux")("the folder that an engine is built in", () => {
  let engines: string;
  beforeEach(() => {
    engines = join(mkdtempSync(join(tmpdir(), "graft-work-")), "engines");
  });
  afterEach(() => rmSync(join(engines, ".."), { recursive: true, force: true }));

  const leave = (owner: string): string => {
    const path = join(engines, `.install-tensorflow@${owner}`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "half"), "");
    return path;
  };

  it("is refused while another installation is under way, of the same engine only", async () => {
    await openWorkFolder(engines, "tensorflow");
    const second = openWorkFolder(engines, "tensorflow");
    await expect(second).rejects.toMatchObject({ code: "conflict" });
    await expect(second).rejects.toThrow(`process ${process.pid}`);
    await openWorkFolder(engines, "tensorflow-cuda");
    expect(readdirSync(engines)).toHaveLength(2);
  });

  it("takes the place of what interrupted installations left: processes that ended, or whose id has another now", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    leave(`${hostname()}@${pid}@1`);
    leave(`${hostname()}@${process.pid}@1`);
    const folder = await openWorkFolder(engines, "tensorflow");
    expect(readdirSync(engines).map((entry) => join(engines, entry))).toEqual([folder]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves another machine's work alone for a day", async () => {
    const path = leave("elsewhere@1@1");
    await expect(openWorkFolder(engines, "tensorflow")).rejects.toThrow("a process of elsewhere");
    const yesterday = Date.now() / 1000 - 25 * 3600;
    utimesSync(path, yesterday, yesterday);
    await openWorkFolder(engines, "tensorflow");
    expect(readdirSync(engines)).toHaveLength(1);
  });
});
