import { CoreError } from "@graft/core";

/** The one place where a host starts another: the command line is also installed without the server. */
type ServerPackage = typeof import("@graft/server");

/**
 * @throws CoreError `unsupported` where the package is not installed.
 */
export async function loadServer(): Promise<ServerPackage> {
  try {
    return await import("@graft/server");
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new CoreError(
      "unsupported",
      {
        what: "graft's server is not installed here.",
        fix: "Install it: npm install @graft/server (with -g where graft was installed so).",
      },
      { cause },
    );
  }
}

/** The package itself, and not something that it needs. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  error.code === "ERR_MODULE_NOT_FOUND" &&
  error.message.includes("@graft/server");
