import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as z from "zod";

const Manifest = z.looseObject({ name: z.string(), version: z.string() });

/** package.json out of a tarball: the entry's header has its size in octal at byte 124, its bytes follow at 512. */
function manifestOf(tarball: Buffer): z.infer<typeof Manifest> {
  const tar = gunzipSync(tarball);
  for (let at = 0; at < tar.length; ) {
    const text = (start: number, length: number) =>
      tar.toString("latin1", at + start, at + start + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12), 8) || 0;
    if (text(0, 100) === "package/package.json")
      return Manifest.parse(JSON.parse(tar.toString("utf8", at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error("a tarball without package/package.json");
}

export interface StaticRegistry {
  readonly url: string;
  readonly names: readonly string[];
  close(): Promise<void>;
}

/** An npm registry on 127.0.0.1 that serves the tarballs of a folder, one version of each package. */
export async function serveRegistry(folder: string): Promise<StaticRegistry> {
  const documents = new Map<string, object>();
  const files = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "").slice(1);
    const body = files.get(path) ?? documents.get(path);
    if (body === undefined) response.writeHead(404).end("{}");
    else if (Buffer.isBuffer(body)) response.end(body);
    else response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the registry has no port");
  const url = `http://127.0.0.1:${address.port}/`;
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".tgz"))) {
    const bytes = await readFile(join(folder, file));
    const manifest = manifestOf(bytes);
    const { name, version } = manifest;
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const dist = { tarball: `${url}-/${file}`, integrity };
    files.set(`-/${file}`, bytes);
    documents.set(name, {
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    });
  }
  const close = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { url, names: [...documents.keys()], close };
}
