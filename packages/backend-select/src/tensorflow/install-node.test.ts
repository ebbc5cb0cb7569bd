import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installEngine } from "./install-node.ts";
import { checkPreconditions } from "./preconditions-node.ts";

const possible = await checkPreconditions("tensorflow", { home: tmpdir(), env: process.env }).then(
  () => true,
  () => false,
);

const GOOD_NPM = `
case "$1" in
  --version) echo 11 ;;
  install)
    mkdir -p node_modules/@tensorflow/tfjs-node/dist node_modules/google-protobuf
    cd node_modules/@tensorflow/tfjs-node
    echo '{}' > package.json; touch dist/register_all_kernels.js dist/nodejs_kernel_backend.js ;;
  run) mkdir -p lib/napi-v8; echo 'no library' > lib/napi-v8/tfjs_binding.node ;;
esac`;
const GOOD_PYTHON = `
case "$*" in
  *--version) ;;
  *download*) mkdir wheels; touch wheels/tensorflow.whl ;;
  *)
    mkdir -p unpacked/tensorflow/include
    touch unpacked/tensorflow/libtensorflow_cc.so.2 unpacked/tensorflow/libtensorflow_framework.so.2 ;;
esac`;

// Stand-ins for npm and python3 that do or fail at once: what is tested is what an installation does around them.
describe.skipIf(!possible)("an installation", () => {
  let folder: string;
  let lines: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "graft-install-"));
    lines = [];
    mkdirSync(join(folder, "bin"));
    for (const command of ["g++", "make"]) place(command, "");
    place("npm", GOOD_NPM);
    place("python3", GOOD_PYTHON);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const place = (command: string, script: string): void => {
    const path = join(folder, "bin", command);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  };
  const engines = (): string => join(folder, "home", "engines");
  const install = (signal?: AbortSignal, onLine?: (line: string) => void): Promise<void> =>
    installEngine("tensorflow", {
      home: join(folder, "home"),
      env: { ...process.env, GRAFT_OFFLINE: "", PATH: `${join(folder, "bin")}:${process.env.PATH}` },
      onLine: onLine ?? ((line) => lines.push(line)),
      ...(signal ? { signal } : {}),
    });
  const onlyUnder = (command: string, word: string, script: string): string =>
    `case "$*" in *${word}*) ${script} ;; *) ${command} ;; esac`;

  it("is refused where GRAFT_OFFLINE is set, before anything is started", async () => {
    for (const command of ["npm", "python3", "g++", "make"])
      place(command, `touch "${join(folder, "started")}"`);
    const refused = installEngine("tensorflow", {
      home: join(folder, "home"),
      env: { PATH: join(folder, "bin"), GRAFT_OFFLINE: "1" },
      onLine: (line) => lines.push(line),
    });
    await expect(refused).rejects.toMatchObject({
      code: "offline",
      message: expect.stringMatching(/tensorflow is not installed.*npm and PyPI.*Unset GRAFT_OFFLINE/),
    });
    expect(readdirSync(folder)).toEqual(["bin"]);
    expect(lines).toEqual([]);
  });

  it("that cannot reach npm's registry says so and leaves nothing", async () => {
    place("npm", onlyUnder(GOOD_NPM, "install", 'echo "npm error code ENOTFOUND" >&2; exit 1'));
    await expect(install()).rejects.toMatchObject({ code: "offline" });
    expect(readdirSync(engines())).toEqual([]);
  });

  it("that cannot fetch TensorFlow tells pip's last lines", async () => {
    place("python3", onlyUnder(GOOD_PYTHON, "download", 'echo "ERROR: No matching distribution"; exit 1'));
    await expect(install()).rejects.toThrow(
      /pip could not fetch tensorflow-cpu==.*No matching distribution/s,
    );
    expect(readdirSync(engines())).toEqual([]);
  });

  it("that cannot compile tells the compiler's last lines", async () => {
    const compiler = 'echo "fatal error: node_api.h: No such file" >&2';
    // node-pre-gyp writes more than the last lines that an error keeps
    const noise = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo "node-pre-gyp ERR! stack $i" >&2; done';
    place("npm", onlyUnder(GOOD_NPM, "build-addon", `${compiler}; ${noise}; exit 1`));
    await expect(install()).rejects.toThrow(/could not be compiled.*node_api\.h.*headers/s);
    expect(readdirSync(engines())).toEqual([]);
  });

  it("whose engine does not compute keeps what was there before", async () => {
    mkdirSync(join(engines(), "tensorflow"), { recursive: true });
    writeFileSync(join(engines(), "tensorflow", "engine.json"), "of another version");
    await expect(install()).rejects.toThrow(/does not work.*tfjs_binding\.node/s);
    expect(readdirSync(engines())).toEqual(["tensorflow"]);
    expect(readFileSync(join(engines(), "tensorflow", "engine.json"), "utf8")).toBe("of another version");
    expect(lines.some((line) => line.startsWith("replacing an installation"))).toBe(true);
    expect(lines).toContain("3/5 compiling the addon");
  });

  it("that is cancelled ends what it runs and leaves nothing", async () => {
    place("python3", onlyUnder(GOOD_PYTHON, "download", "echo fetching; sleep 600"));
    const stop = new AbortController();
    const installing = install(stop.signal, (line) => {
      if (line === "fetching") stop.abort();
    });
    await expect(installing).rejects.toMatchObject({ code: "cancelled" });
    expect(readdirSync(engines())).toEqual([]);
  });

  it("clears away what an interrupted one was building", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const left = join(engines(), `.install-tensorflow@${hostname()}@${pid}@1`);
    mkdirSync(join(left, "build"), { recursive: true });
    place("npm", onlyUnder(GOOD_NPM, "install", "exit 1"));
    await expect(install()).rejects.toMatchObject({ code: "backend" });
    expect(existsSync(left)).toBe(false);
  });
});
