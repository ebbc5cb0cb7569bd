import { CoreError } from "@graft/core";
import { driverError, storeError } from "./store-error.ts";

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ENOTFOUND: "no such host is found (ENOTFOUND)",
  EAI_AGAIN: "the host's name cannot be looked up for now (EAI_AGAIN)",
};

function whyNot(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause ? String(cause.code) : "";
  if (/^SASL/.test(cause.message)) return "it asks for a password, and the address has none";
  // of a name with several addresses the error has no words
  return WHY[code] ?? (cause.message || code);
}

/**
 * Why a database cannot be used, for who starts a server with it: which one, and what came back.
 * @param name of the database, for people.
 */
export function connectError(error: unknown, name: string): CoreError {
  if (error instanceof CoreError) return error;
  const cause = driverError(error);
  const told = storeError(error);
  const known = told instanceof CoreError ? told : undefined;
  return new CoreError(
    known?.code ?? "unreadable",
    {
      what: known?.parts.what ?? "The store cannot be reached.",
      received: `${name}: ${whyNot(cause)}`,
      fix:
        known?.code === "bad-input" && known.parts.fix !== undefined
          ? known.parts.fix
          : "See that this database runs and that its address is right, then try again.",
    },
    { cause, facts: known?.facts ?? {} },
  );
}
