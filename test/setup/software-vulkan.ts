import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Linux distributions put Chromium, which carries SwiftShader: a Vulkan driver that runs on the processor. */
const CHROMIUM_FOLDERS = [
  "/usr/lib/chromium",
  "/usr/lib/chromium-browser",
  "/usr/lib64/chromium-browser",
  "/opt/google/chrome",
];

const DRIVER = "vk_swiftshader_icd.json";

/** The folder with SwiftShader and a Vulkan loader, or undefined where there is none. */
export function softwareVulkanFolder(): string | undefined {
  if (process.platform !== "linux") return undefined;
  return CHROMIUM_FOLDERS.find((folder) =>
    [DRIVER, "libvk_swiftshader.so", "libvulkan.so.1"].every((file) => existsSync(join(folder, file))),
  );
}

/**
 * The environment in which Dawn finds a software GPU. The dynamic loader reads it when a process starts, so it goes into
 * vitest's `test.env`, which vitest hands to the processes it forks; setting it inside a test is too late.
 *
 * Empty where there is no SwiftShader, and where VK_ICD_FILENAMES or GRAFT_TEST_GPU=1 asks for the machine's own driver:
 * the tests of WebGPU then use that, or are skipped with the reason.
 */
export function softwareVulkanEnvironment(): Record<string, string> {
  const folder = softwareVulkanFolder();
  if (!folder || process.env.GRAFT_TEST_GPU === "1" || process.env.VK_ICD_FILENAMES !== undefined) return {};
  const runtime = process.env.XDG_RUNTIME_DIR ?? join(tmpdir(), "graft-test-xdg");
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter((path) => path !== undefined && path !== "");
  return {
    LD_LIBRARY_PATH: libraries.join(":"),
    VK_ICD_FILENAMES: join(folder, DRIVER),
    XDG_RUNTIME_DIR: runtime,
  };
}
