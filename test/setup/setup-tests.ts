// npm run setup:tests: brings what tests need and npm does not carry. What cannot be had is said, never an error here:
// the tests that need it are then skipped by name (or fail, when REQUIRE_BACKENDS asks for them).
import { spawnSync } from "node:child_process";
import { installKeras } from "./keras-python.ts";
import { softwareVulkanFolder } from "./software-vulkan.ts";

/** Installs Debian's chromium package, when that is possible without asking anybody. */
function installChromium(): string {
  if (process.platform !== "linux") return "only Linux has a software Vulkan that can be set up here";
  if (process.getuid?.() !== 0) return "not root: install your distribution's chromium package";
  if (spawnSync("apt-get", ["--version"]).error)
    return "no apt-get: install your distribution's chromium package";
  const apt = (...words: string[]): boolean =>
    spawnSync("apt-get", words, {
      stdio: "ignore",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeout: 480_000,
    }).status === 0;
  apt("update");
  return apt("install", "-y", "--no-install-recommends", "chromium")
    ? "installed chromium"
    : "apt-get could not install chromium";
}

// beside the other, which waits for its own server
const keras = installKeras();
const outcome = softwareVulkanFolder() ? "there" : installChromium();
const folder = softwareVulkanFolder();
console.log(
  folder
    ? `software Vulkan for the WebGPU tests: ${outcome} (${folder})`
    : `no software Vulkan, WebGPU tests will be skipped: ${outcome}`,
);
console.log(`Keras for the tests of exports: ${await keras}`);
