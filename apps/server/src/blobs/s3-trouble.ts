import { CoreError } from "@graft/core";
import { codeOf } from "@graft/core/node";
import { folderTrouble } from "./folder-trouble.ts";
import { type S3Place, s3Name } from "./s3-place.ts";

const OF_THE_NETWORK = [
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ERR_STREAM_PREMATURE_CLOSE"],
];
/** By name of the error: Amazon's, MinIO's, Ceph's. */
const FULL = ["XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "XMinioAdminBucketQuotaExceeded"];
const NO_CREDENTIALS = [
  "CredentialsProviderError",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
];

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

/** HTTP status of what an S3 server answered; undefined for what is no answer. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

const isOffline = (error: unknown): boolean =>
  nameOf(error) === "TimeoutError" || OF_THE_NETWORK.includes(codeOf(error));

/**
 * What goes wrong with an S3 store while the server works, as its clients hear it; the details are in the cause, which logs print.
 * @returns `offline`, `disk-full` or `unreadable`; what comes from elsewhere as it is.
 */
export function s3Trouble(error: unknown): unknown {
  if (error instanceof CoreError) return error;
  const fix = "Whoever runs the server finds more in its log. Try again in a while.";
  const name = nameOf(error);
  const options = { cause: error, facts: { name } };
  if (isOffline(error)) {
    const what = "The store where the server keeps pictures and models does not answer.";
    return new CoreError("offline", { what, fix }, options);
  }
  if (FULL.includes(name) || statusOf(error) === 507) {
    const what = "There is no room left where the server keeps pictures and models.";
    return new CoreError("disk-full", { what, fix: "Delete what is no longer needed." }, options);
  }
  if (statusOf(error) === undefined && !NO_CREDENTIALS.includes(name)) return folderTrouble(error);
  const what = `The store where the server keeps pictures and models is in trouble (${name}).`;
  return new CoreError("unreadable", { what, fix }, options);
}

/** Why a server cannot start with an S3 store, for who starts it. */
export function s3Refused(place: S3Place, error: unknown): unknown {
  if (error instanceof CoreError) return error;
  const [received, name, cause] = [s3Name(place), nameOf(error), { cause: error }];
  const said = error instanceof Error ? error.message : String(error);
  const refused = (what: string, fix: string): CoreError =>
    new CoreError("bad-input", { what, received: `${received} (${name}: ${said})`, fix }, cause);
  if (isOffline(error)) {
    const what = "The S3 store does not answer.";
    const fix = "Check `endpoint` in its address and the network, then start again.";
    return new CoreError("offline", { what, received: `${received} (${said})`, fix }, cause);
  }
  if (name === "NoSuchBucket" || statusOf(error) === 404)
    return refused("There is no such bucket.", "Make it with the tools of that store, or correct its name.");
  if (NO_CREDENTIALS.includes(name)) {
    const fix = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile of the AWS tools.";
    return refused("The S3 store does not know by whom it is asked.", fix);
  }
  if (statusOf(error) === 401 || statusOf(error) === 403) {
    const fix =
      "Allow these credentials to list, read, write and delete objects there (s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject).";
    return refused("The S3 store does not allow what the server needs.", fix);
  }
  if (/region/i.test(said)) {
    const fix = "Add `region` to the address, or set AWS_REGION.";
    return refused("The S3 store is in a region that was not named.", fix);
  }
  return s3Trouble(error);
}
