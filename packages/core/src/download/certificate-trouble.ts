import { CoreError } from "../errors.ts";

/** Nobody who is believed vouches for it; some say so of another authority by the same name. */
const UNKNOWN =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF).*|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/;
/** It is of another time or for another name. */
const UNFIT = /^(CERT_\w+|ERR_TLS_CERT_\w+|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)$/;

/** An error's code and words, or those of what caused it: `fetch` tells of its own failure first. */
function told(error: unknown): { readonly code: string; readonly message: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? String(error.code) : "";
  return UNKNOWN.test(code) || UNFIT.test(code) ? { code, message: error.message } : told(error.cause);
}

/**
 * A server's certificate that is not believed, as the error that says what to do: another try would end the same, so it is no
 * outage.
 * @param url the server's @param options.hasCa a certificate was given with `ca`, or kept.
 * @returns undefined for any other trouble.
 */
export function certificateTrouble(
  url: string,
  cause: unknown,
  { hasCa }: { readonly hasCa: boolean },
): CoreError | undefined {
  const trouble = told(cause);
  if (!trouble) return undefined;
  const { host } = new URL(url);
  const parts = UNKNOWN.test(trouble.code)
    ? {
        what: hasCa
          ? `The certificate of ${url} is not from the one given with \`ca\`.`
          : `The certificate of ${url} is not known here.`,
        fix: `A server with \`lan\` makes its own. Get it from http://${host}/ca/graft-ca.pem, compare its SHA-256 with the one that \`graft serve\` prints there, and give it with \`ca: graft-ca.pem\`: to \`graft login\`, which keeps it for every command, or to \`graft worker\`.`,
      }
    : {
        what: `The certificate of ${url} cannot be used.`,
        fix: "Look at the clocks of both computers, and use a name of the server that its certificate has.",
      };
  return new CoreError("unauthorized", { ...parts, received: trouble.message }, { cause });
}
