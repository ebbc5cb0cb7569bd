/** True when GRAFT_OFFLINE asks for no network at all. */
export const isOffline = (env: Readonly<Record<string, string | undefined>>): boolean =>
  !["", "0", "false", "no"].includes((env.GRAFT_OFFLINE ?? "").trim().toLowerCase());
