/** Why there can be no WebGPU here, without asking for an adapter; loads no engine. */
export function whyNoWebgpu(): string | undefined {
  if ("gpu" in navigator) return undefined;
  return globalThis.isSecureContext
    ? "This browser has no WebGPU."
    : "This page was not loaded over HTTPS, so it has no WebGPU.";
}
