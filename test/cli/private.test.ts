import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { PROGRAM } from "../setup/build-graft.ts";
import { ROOT, temporaryFolder } from "./run-graft.ts";

let userHome = "";
let images = "";
beforeAll(async () => {
  userHome = await temporaryFolder("private");
  images = await temporaryFolder("private-images");
  for (const [name, shade] of [
    ["dark", 20],
    ["light", 220],
  ] as const) {
    const picture = sharp({
      create: { width: 80, height: 80, channels: 3, background: { r: shade, g: shade, b: 99 } },
    });
    await mkdir(join(images, name));
    await picture.png().toFile(join(images, name, "one.png"));
  }
});

describe("graft keeps to itself", () => {
  it("asks no host for anything and leaves nothing outside of its own folder, whatever engines report", async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.url}`);
      response.writeHead(502).end();
    });
    proxy.on("connect", ({ url }, socket) => {
      asked.push(`${url}`);
      socket.destroy();
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const address = proxy.address();
    if (address === null || typeof address === "string") throw new TypeError("a port was asked for");
    const url = `http://127.0.0.1:${address.port}`;
    // nothing of this process's environment: where CI is set, engines are silent by themselves
    const env = { PATH: process.env.PATH, HOME: userHome, https_proxy: url, http_proxy: url };
    try {
      const flags = ["--size", "75", "--weights", "bundled", "--backend", "onnx:cpu"];
      const words = ["features", images, ...flags, "--out", join(images, "rows.npy")];
      const child = spawn(process.execPath, [PROGRAM, ...words], { cwd: ROOT, env });
      const [code] = await once(
        child.on("spawn", () => child.stdout.resume()),
        "close",
      );
      expect(code).toBe(0);
      expect(asked).toEqual([]);
      expect(await readdir(userHome)).toEqual([".graft"]);
    } finally {
      proxy.close();
    }
  });
});
