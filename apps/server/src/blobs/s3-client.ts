import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { CoreError } from "@graft/core";
import { codeOf } from "@graft/core/node";
import type { S3Place } from "./s3-place.ts";

/** Of the optional peers in package.json; they are 22 MB, which only some servers need. */
const VERSION = "3.1173.0";

/** The library, loaded when a server first needs it. @throws CoreError `unsupported` where it is not installed. */
async function loadLibrary() {
  try {
    const [client, storage] = await Promise.all([
      import("@aws-sdk/client-s3"),
      import("@aws-sdk/lib-storage"),
    ]);
    return { ...client, Upload: storage.Upload };
  } catch (cause) {
    if (codeOf(cause) !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new CoreError(
      "unsupported",
      {
        what: "The library for S3 stores is not installed.",
        fix: `Install it beside graft, with \`npm install @aws-sdk/client-s3@${VERSION} @aws-sdk/lib-storage@${VERSION}\`, then start again.`,
      },
      { cause },
    );
  }
}

export type S3Library = Awaited<ReturnType<typeof loadLibrary>>;

export interface OpenedS3 {
  readonly s3: S3Library;
  readonly client: S3Client;
}

/** Credentials come from where the AWS tools have them: environment, profile, the machine's role. */
export async function openS3({ endpoint, region }: S3Place): Promise<OpenedS3> {
  const s3 = await loadLibrary();
  // the library's own switch for one warning: its later versions will not take Node 20, and graft names the one that does
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const config: S3ClientConfig = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    // the names of hosts that are a bucket's need DNS, which stores of one's own mostly lack
    forcePathStyle: true,
    // the default frames each upload with a checksum, which stores that do not know it keep as content; graft has its own
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
  };
  return { s3, client: new s3.S3Client(config) };
}
