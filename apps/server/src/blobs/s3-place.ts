import { CoreError } from "@graft/core";

/** Where blobs are in an S3-compatible store. */
export interface S3Place {
  readonly bucket: string;
  /** Of all keys: "" or "a/b/". */
  readonly prefix: string;
  /** Undefined: Amazon's, or what AWS_ENDPOINT_URL_S3 says. */
  readonly endpoint: string | undefined;
  /** Undefined: what AWS_REGION or the profile says. */
  readonly region: string | undefined;
}

const EXPECTED = "s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION";
const PARAMETERS = ["endpoint", "region"];

/** Without what stands in it before an "@", which may be a secret. */
const shown = (text: string): string => text.replace(/^(\w*:?\/*).*@/, "$1…@");

function refused(text: string, what: string, fix?: string): CoreError {
  return new CoreError("bad-input", {
    ...{ what, received: shown(text), expected: EXPECTED },
    ...(fix === undefined ? {} : { fix }),
  });
}

export const isS3Address = (text: string): boolean => /^s3:\/\//i.test(text);

/**
 * Refuses as a folder what somebody meant as an address. A letter and a colon are a drive.
 * @throws CoreError `bad-input`.
 */
export function checkFolderPath(text: string): void {
  if (/^([a-z][a-z0-9+.-]+:|s3\/\/)/i.test(text))
    throw refused(
      text,
      "This looks like an address, and is none of an S3 store.",
      'Of a folder give the path; where its name begins like an address, with "./" before it.',
    );
}

/** For people. */
export function s3Name({ bucket, prefix, endpoint }: S3Place): string {
  return `s3://${bucket}/${prefix}${endpoint === undefined ? "" : ` at ${endpoint}`}`;
}

/**
 * @param text `s3://bucket/prefix?endpoint=https://host&region=name`; credentials are no part of it.
 * @throws CoreError `bad-input`.
 */
export function parseS3Address(text: string): S3Place {
  if (!URL.canParse(text)) throw refused(text, "This is no address of an S3 store.");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    const fix = "Give them by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile of the AWS tools.";
    throw refused(
      text,
      "Credentials do not belong in the address of an S3 store: it is shown and logged.",
      fix,
    );
  }
  const bucket = url.host;
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket))
    throw refused(text, "This is no name of a bucket.", "3 to 63 small letters, digits, dots and hyphens.");
  const unknown = [...url.searchParams.keys()].filter((key) => !PARAMETERS.includes(key));
  if (unknown.length > 0) throw refused(text, `The address of an S3 store has no "${unknown.join('", "')}".`);
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint))
    throw refused(text, "`endpoint` is the address of the S3 server, with http or https.");
  return {
    ...{ bucket, prefix: prefix === "" ? "" : `${prefix}/`, endpoint },
    // Amazon's own needs the right one; others mostly take any
    region: url.searchParams.get("region") ?? (endpoint === undefined ? undefined : "us-east-1"),
  };
}
