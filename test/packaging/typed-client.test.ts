import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT, temporaryFolder } from "../cli/run-graft.ts";
import { serveGraft } from "../cli/serve-graft.ts";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const TSC = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");

/** A folder outside of the checkout that has what `npm install @graft/api @trpc/client` would bring, as it is built. */
async function outsider(): Promise<string> {
  const folder = await temporaryFolder("outsider");
  const installed = {
    "@graft/api": "packages/api",
    "@graft/core": "packages/core",
    "@trpc/client": "node_modules/@trpc/client",
    "@trpc/server": "node_modules/@trpc/server",
    zod: "node_modules/zod",
  };
  for (const [name, path] of Object.entries(installed)) {
    const place = join(folder, "node_modules", name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(ROOT, path), place, "junction");
  }
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  return folder;
}

/** The README's two lines, and what a program does with them: each line below an @ts-expect-error must be refused. */
async function clientText(): Promise<string> {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [, imported = ""] = /`(import type \{ ApiRouter \}[^`]*)`/.exec(readme) ?? [];
  const [, made = ""] = /`(createTRPCClient<[^`]*)`/.exec(readme) ?? [];
  return `${imported};
import { createTRPCClient, httpLink } from "@trpc/client";

const [address = "", token = ""] = process.argv.slice(2);
const api = ${made};
const { name, role } = await api.system.me.query();
const { items } = await api.datasets.list.query({ limit: 10 });
const first: string | undefined = items[0]?.name;
console.log(JSON.stringify({ name, role, first: first ?? null }));
// @ts-expect-error nothing of this name is taken
const ask = () => api.datasets.list.query({ nothing: 1 });
// @ts-expect-error a role is a text
const wrong: number = role;
export { ask, wrong };
declare const process: { readonly argv: readonly string[] };
`;
}

it("a typed client of the README's lines compiles in strict mode against what is published, and works", async () => {
  const folder = await outsider();
  await writeFile(join(folder, "client.ts"), await clientText());
  // tRPC's own declarations name types of ws, which a client does not install
  const flags = ["--strict", "--skipLibCheck", "--target", "es2023"];
  for (const kind of [
    ["--module", "nodenext"],
    ["--module", "esnext", "--moduleResolution", "bundler"],
  ]) {
    const compiled = await run(process.execPath, [TSC, ...flags, ...kind, "client.ts"], {
      cwd: folder,
    }).catch((error: { readonly stdout?: string }) => ({ stdout: String(error.stdout ?? error) }));
    expect(compiled.stdout).toBe("");
  }
  const { url, token, stop } = await serveGraft(await temporaryFolder("typed"));
  try {
    const { stdout } = await run(process.execPath, ["client.js", url, token], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ name: "admin", role: "admin", first: null });
  } finally {
    await stop();
  }
});
