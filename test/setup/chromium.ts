import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

/** Where systems put a browser of Chromium's family. */
const PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
    "/snap/bin/chromium",
  ],
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/** The browser that tests start: GRAFT_TEST_CHROMIUM, else the system's, else what Playwright downloaded; else undefined. */
export function chromiumPath(): string | undefined {
  const given = process.env.GRAFT_TEST_CHROMIUM;
  if (given) return given;
  return [...(PLACES[process.platform] ?? []), chromium.executablePath()].find((path) => existsSync(path));
}

/** Why a test that needs it is skipped. */
export const NO_CHROMIUM =
  "no Chromium: install one, or set GRAFT_TEST_CHROMIUM to its program; npm run setup:tests says what it tried";

/** Installs Debian's package, when that is possible without asking anybody. */
function installByApt(): string {
  if (process.platform !== "linux") return "apt-get is Linux's";
  if (process.getuid?.() !== 0) return "not root, so apt-get was not asked";
  if (spawnSync("apt-get", ["--version"]).error) return "no apt-get";
  const apt = (...words: string[]): boolean =>
    spawnSync("apt-get", words, {
      stdio: "ignore",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeout: 480_000,
    }).status === 0;
  apt("update");
  return apt("install", "-y", "--no-install-recommends", "chromium")
    ? "installed by apt-get"
    : "apt-get could not install chromium";
}

/** Playwright's own download, 180 MB from a host of its own, into its cache in the user's home. */
function downloadByPlaywright(): string {
  const program = join(dirname(createRequire(import.meta.url).resolve("playwright-core")), "cli.js");
  const { status } = spawnSync(process.execPath, [program, "install", "chromium"], {
    stdio: "ignore",
    timeout: 240_000,
  });
  return status === 0 ? "downloaded by Playwright" : "Playwright could not download one";
}

/**
 * Brings a Chromium where there is none.
 * @param isEnough whether what is there will do; Debian's package also carries the software Vulkan of the WebGPU tests.
 * @returns what came of it, for people; never an error: the tests are then skipped by name.
 */
export function installChromium(isEnough: () => boolean): string {
  if (isEnough()) return "there";
  const tried = [installByApt()];
  if (!chromiumPath()) tried.push(downloadByPlaywright());
  return tried.join("; ");
}
