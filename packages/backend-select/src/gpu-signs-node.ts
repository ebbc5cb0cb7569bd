import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Entries of a folder that fit; none when it cannot be read. */
function entries(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name));
  } catch {
    return [];
  }
}

/**
 * Looks for the kernel's GPU devices, which costs nothing, before a driver is loaded, which costs a process.
 * @param devices where they are. @default /dev
 * @returns why there can be no GPU, or undefined where there may be one; elsewhere than on Linux always undefined.
 */
export function whyNoGpu(devices = "/dev"): string | undefined {
  if (process.platform !== "linux") return undefined;
  const found = [
    ...entries(join(devices, "dri"), /^renderD\d+$/), // Intel, AMD, NVIDIA's open modules, virtio
    ...entries(devices, /^(nvidia\d+|dxg|kgsl-3d0|mali\d+)$/), // NVIDIA, Windows' Linux, Adreno, Mali
  ];
  return found.length > 0
    ? undefined
    : `This machine has no GPU that a program can use (no ${devices}/dri/renderD*, ${devices}/nvidia*).`;
}

/** The same for CUDA. */
export function whyNoNvidia(devices = "/dev"): string | undefined {
  if (process.platform !== "linux") return undefined;
  // Jetson's GPUs are nvhost-*, those of Windows' Linux are behind dxg
  return entries(devices, /^(nvidia\d+|nvhost-.*|dxg)$/).length > 0
    ? undefined
    : `This machine has no NVIDIA GPU that a program can use (no ${devices}/nvidia*).`;
}

/** An NVIDIA GPU's name as its driver tells it, in the order of the PCI bus. */
export function nvidiaName(index: number): string {
  const folder = "/proc/driver/nvidia/gpus";
  const gpu = entries(folder, /./).toSorted()[index];
  try {
    const text = gpu === undefined ? "" : readFileSync(join(folder, gpu, "information"), "utf8");
    return /^Model:\s*(.+)$/m.exec(text)?.[1] ?? `NVIDIA GPU ${index}`;
  } catch {
    return `NVIDIA GPU ${index}`; // Windows' Linux has no such file
  }
}

/** The version of NVIDIA's driver, or nothing. */
export function nvidiaDriverVersion(): string {
  try {
    return readFileSync("/proc/driver/nvidia/version", "utf8").split("\n")[0] ?? "";
  } catch {
    return "";
  }
}
