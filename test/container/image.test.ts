import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { serveCommand } from "../../apps/cli/src/commands/serve/command.ts";
import { workerCommand } from "../../apps/cli/src/commands/worker/command.ts";
import { ROOT } from "../cli/run-graft.ts";
import { copyOf, stagesOf } from "./dockerfile.ts";
import { CONTAINER } from "./run-start.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const Manifest = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }),
  workspaces: z.array(z.string()),
});
const manifest = Manifest.parse(JSON.parse(read("package.json")));
const stages = stagesOf(read("container/Dockerfile"));
const [build = [], image = []] = stages;
const textsOf = (name: string, stage = image): string[] =>
  stage.filter((each) => each.name === name).map(({ text }) => text);
const startScript = read("container/start.sh");

describe("the Dockerfile", () => {
  it("copies what is there, and what an earlier stage made", () => {
    const ignored = read(".dockerignore").split("\n");
    for (const stage of stages)
      for (const copy of stage.filter(({ name }) => name === "COPY").map(copyOf)) {
        if (copy.from !== undefined) {
          expect(textsOf("FROM", build)).toEqual([expect.stringMatching(`AS ${copy.from}$`)]);
          const made = textsOf("RUN", build).join("\n");
          for (const source of copy.sources) expect(made).toContain(source);
          continue;
        }
        for (const source of copy.sources) {
          expect(existsSync(join(ROOT, source)), source).toBe(true);
          expect(ignored).not.toContain(source);
        }
      }
    for (const [script] of read("container/Dockerfile").matchAll(/scripts\/\S+\.ts/g))
      expect(existsSync(join(ROOT, script)), script).toBe(true);
  });

  it("has every package's manifest before npm ci reads the lock file", () => {
    const before = build.slice(
      0,
      build.findIndex(({ name, text }) => name === "RUN" && text === "npm ci"),
    );
    const copied = before.filter(({ name }) => name === "COPY").map(copyOf);
    const folders = manifest.workspaces.flatMap((pattern) =>
      pattern.endsWith("/*")
        ? readdirSync(join(ROOT, dirname(pattern))).map((name) => `${dirname(pattern)}/${name}`)
        : [pattern],
    );
    const workspaces = folders.filter((folder) => existsSync(join(ROOT, folder, "package.json")));
    expect(copied.flatMap(({ sources }) => sources).sort()).toEqual(
      [
        ".npmrc",
        "package.json",
        "package-lock.json",
        ...workspaces.map((folder) => `${folder}/package.json`),
      ].sort(),
    );
    for (const { sources, target } of copied.slice(1))
      expect(sources.map((source) => `${dirname(source)}/`)).toEqual([target]);
    // the project's own switch against install scripts
    expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
  });

  it("stands on a Node that graft takes", () => {
    const [, least = "", minor = ""] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node) ?? [];
    expect(minor).not.toBe("");
    for (const stage of stages)
      for (const from of textsOf("FROM", stage)) {
        const [, major = "", system] = /^node:(\d+)-(\w+)-slim\b/.exec(from) ?? [];
        // "22" is the newest 22.x, which is above any minor of an older one
        expect(Number(major)).toBeGreaterThan(Number(least));
        // libraries with machine code need glibc
        expect(system).toBe("bookworm");
      }
  });

  it("runs as a user without rights, under an init, and is looked at", () => {
    expect(textsOf("USER")).toEqual(["node"]);
    const order = image.map(({ name }) => name);
    expect(order.indexOf("USER")).toBeGreaterThan(order.lastIndexOf("RUN"));
    const entry = z.array(z.string()).parse(JSON.parse(textsOf("ENTRYPOINT").at(-1) ?? ""));
    expect(entry.slice(0, 2)).toEqual(["/usr/bin/tini", "--"]);
    expect(textsOf("RUN")[0]).toContain("--no-install-recommends tini");
    const health = /CMD (\[.*\])$/.exec(textsOf("HEALTHCHECK").at(-1) ?? "")?.[1] ?? "";
    const [node, script = ""] = z.array(z.string()).parse(JSON.parse(health));
    expect(node).toBe("node");
    const copies = image.filter(({ name }) => name === "COPY").map(copyOf);
    const copied = copies.flatMap(({ sources, target }) =>
      sources.map((source) => target + source.split("/").at(-1)),
    );
    for (const path of [entry.at(-1), script]) expect(copied).toContain(path);
    for (const sibling of startScript.matchAll(/\$here\/([\w.-]+)/g))
      expect(copied).toContain(`/opt/graft/container/${sibling[1]}`);
    expect(statSync(join(CONTAINER, "start.sh")).mode & 0o111).toBe(0o111);
    const [home = ""] = textsOf("VOLUME");
    expect(textsOf("ENV")[0]).toContain(`GRAFT_HOME=${home} `);
    expect(textsOf("RUN").at(-1)).toMatch(new RegExp(`install -d -o node -g node -m 0700 ${home} `));
  });
});

const Service = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()).default(["default"]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.unknown().optional(),
  restart: z.string(),
  deploy: z.object({ replicas: z.int() }).optional(),
  cap_drop: z.array(z.string()).optional(),
});
const compose = z
  .object({
    services: z.record(z.string(), Service),
    volumes: z.record(z.string(), z.null()),
    networks: z.record(z.string(), z.object({ internal: z.boolean() })),
  })
  .loose()
  .parse(parse(read("container/compose.yaml"), { merge: true }));
const own = Object.entries(compose.services).filter(([, { build: made }]) => made !== undefined);

describe("the compose file", () => {
  it("is a server, PostgreSQL and two workers, of this version", () => {
    expect(Object.keys(compose.services)).toEqual(["password", "database", "server", "worker"]);
    expect(compose.services.worker?.deploy?.replicas).toBe(2);
    expect(compose.services.database?.image).toMatch(/^postgres:16-/);
    expect(own).toHaveLength(3);
    for (const [, { image: tag, build: made, cap_drop: dropped }] of own) {
      expect(tag).toBe(`graft:${manifest.version}`);
      expect(dropped).toEqual(["ALL"]);
      expect(existsSync(join(CONTAINER, made?.context ?? "", made?.dockerfile ?? ""))).toBe(true);
    }
  });

  it("starts each when what it needs is there", () => {
    const { password, database, server, worker } = compose.services;
    expect(password?.restart).toBe("no");
    expect(database?.depends_on).toEqual({ password: { condition: "service_completed_successfully" } });
    expect(server?.depends_on).toEqual({ database: { condition: "service_healthy" } });
    expect(worker?.depends_on).toEqual({ server: { condition: "service_healthy" } });
    // of these one is asked for its health; the image's own check is of a server
    expect(database?.healthcheck).toMatchObject({ test: expect.arrayContaining(["pg_isready"]) });
    for (const service of [password, worker]) expect(service?.healthcheck).toEqual({ disable: true });
    expect(server?.healthcheck).toBeUndefined();
  });

  it("hands secrets on as files in volumes, made where the image made a folder for them", () => {
    for (const [name, { environment, volumes }] of Object.entries(compose.services)) {
      for (const [variable, text] of Object.entries(environment)) {
        expect(
          /PASSWORD|TOKEN|SECRET/.test(variable) && !variable.endsWith("_FILE"),
          `${name} ${variable}`,
        ).toBe(false);
        expect(text).not.toMatch(/:\/\/[^/]*:[^/]*@/);
        if (!variable.endsWith("_FILE")) continue;
        const places = volumes.map((each) => each.split(":")[1]);
        expect(places).toContain(dirname(text));
      }
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
    }
    const made = textsOf("RUN").at(-1) ?? "";
    for (const [, { volumes }] of own)
      for (const volume of volumes) expect(made.split(" ")).toContain(volume.split(":")[1]);
    // who writes a token and who reads it
    const writes = compose.services.server?.volumes.find((each) => each.startsWith("worker-token:"));
    expect(compose.services.worker?.volumes).toEqual([`${writes}:ro`]);
  });

  it("is reached from this machine alone, and its database from the server alone", () => {
    for (const [name, { ports, networks }] of Object.entries(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:4700:4700$/);
      expect(networks.includes("rows"), name).toBe(["database", "server"].includes(name));
    }
    expect(compose.services.database?.networks).toEqual(["rows"]);
    expect(compose.networks.rows).toEqual({ internal: true });
  });
});

describe("the start script", () => {
  it("knows the variables that are set and told, and gives flags that graft has", () => {
    const known = new Set(
      startScript.match(/\b(GRAFT_[A-Z_]*[A-Z]|DATABASE_URL|PGPASSWORD|AWS_[A-Z_]*[A-Z])\b/g),
    );
    const base = (name: string): string => (known.has(name) ? name : name.replace(/_FILE$/, ""));
    for (const [, { environment }] of own)
      for (const variable of Object.keys(environment)) expect([...known]).toContain(base(variable));
    const told = new Set(
      read("container/README.md").match(/\b(GRAFT_[A-Z_]*[A-Z]|DATABASE_URL|PGPASSWORD|AWS_[A-Z_]*[A-Z])\b/g),
    );
    expect([...told].map(base).filter((name) => !known.has(name))).toEqual([]);
    expect([...known].map(base).filter((name) => !told.has(name) && name !== "GRAFT_TOKEN_FILE")).toEqual([]);

    for (const { name, declare } of [serveCommand, workerCommand]) {
      const command = new Command(name);
      declare(command);
      const has = command.options.map(({ long }) => long);
      const [, body = ""] = new RegExp(`^${name}\\(\\) \\{\\n([\\s\\S]*?)^\\}`, "m").exec(startScript) ?? [];
      const gives = [...body.replaceAll(/#.*/g, "").matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => flag);
      expect(gives.length).toBeGreaterThan(2);
      for (const flag of gives) expect(has).toContain(flag);
    }
  });
});
