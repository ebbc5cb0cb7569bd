import { type Identity, permissionOf, type Role } from "@graft/api";
import type { RawRoute } from "../raw/raw-route.ts";
import type { Operation } from "../rpc/operations.ts";
import { escaped, type Page } from "./page.ts";

/** What each role is for, in a sentence. */
const ROLES: Readonly<Record<Role, string>> = {
  admin: "do everything, also with what others own",
  member: "make projects and runs of your own, and tokens for them",
  pupil: "make projects and runs of your own, until your group ends",
  contributor: "add pictures to one class of one data set",
  predict: "ask the models that it names",
  worker: "claim jobs and send their results",
};

export interface StartPageOptions {
  /** "http://127.0.0.1:4700" */
  readonly origin: string;
  readonly version: string;
  readonly identity: Identity | undefined;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly raw: readonly RawRoute[];
  /** There is a certificate to install, at /ca. */
  readonly hasCa: boolean;
}

/** What a program needs to begin with: there is no script in this page, and no other way to its data than for any client. */
export function startPage(options: StartPageOptions): Page {
  const { origin, version, identity, hasCa } = options;
  const ca = hasCa ? ` --cacert graft-ca.pem` : "";
  const caLine = hasCa
    ? `<p class="soft">This server's certificate is its own: <a href="/ca">get it</a> first, as <code>graft-ca.pem</code>.</p>`
    : "";
  const document = `${origin}/api/v1/openapi.json`;
  return {
    title: "API",
    body: `<h1>This server speaks an API</h1>
<p>Version ${escaped(version)}. Its whole description, for people and for tools that make clients: <a href="/api/v1/openapi.json">${escaped(document)}</a> (OpenAPI 3.1).</p>
${whoText(identity)}
<section><h2>A first script</h2>
${caLine}
<p>In Python, with nothing to install:</p>
<pre><code>${escaped(pythonScript(origin, hasCa))}</code></pre>
<p>With curl:</p>
<pre><code>${escaped(`export GRAFT_TOKEN=graft_…\ncurl${ca} -H "authorization: Bearer $GRAFT_TOKEN" \\\n  ${origin}/api/v1/system/me`)}</code></pre></section>
${callsText(options)}`,
  };
}

/** Without anything to install; a test runs it. @param hasCa the certificate is in graft-ca.pem */
export const pythonScript = (origin: string, hasCa: boolean): string => `import json, os, urllib.request
${hasCa ? `\nimport ssl\ntls = ssl.create_default_context(cafile="graft-ca.pem")\n` : ""}
api = "${origin}/api/v1"

def graft(method, path, body=None):
    request = urllib.request.Request(api + path, method=method)
    request.add_header("authorization", "Bearer " + os.environ["GRAFT_TOKEN"])
    if body is not None:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request${hasCa ? ", context=tls" : ""}) as answer:
        return json.load(answer)

print(graft("GET", "/system/me"))`;

function whoText(identity: Identity | undefined): string {
  if (identity === undefined)
    return `<section><h2>You have not come in</h2><p><a href="/enter">Come in with a token</a> to see what it may do.</p></section>`;
  const { account, token } = identity;
  const end =
    token.endsAt === null ? "" : ` It ends on ${new Date(token.endsAt).toISOString().slice(0, 10)}.`;
  return `<section><h2>Your token</h2><p>It is ${escaped(account.name)}'s, with the role <b>${token.role}</b>: it may ${ROLES[token.role]}.${end}</p></section>`;
}

function callsText({ operations, raw, identity }: StartPageOptions): string {
  const role = identity?.token.role;
  const rows = [
    ...[...operations.values()].map(({ name, meta: { method, path, summary } }) => ({
      ...{ name, method, path, summary },
      isOpen: false,
    })),
    ...raw.map(({ name, method, path, summary, isOpen = false }) => ({
      name,
      method,
      path,
      summary,
      isOpen,
    })),
  ].filter(({ name, isOpen }) => isOpen || permissionOf(name, role) !== undefined);
  const lines = rows
    .map(
      ({ method, path, summary }) =>
        `<tr><td><code>${method}</code></td><td><code>${escaped(path.replace("+}", "}"))}</code></td><td>${escaped(summary)}</td></tr>`,
    )
    .join("\n");
  return `<section><h2>What ${identity ? "it" : "anybody"} may call</h2>
<p class="soft">Below <code>/api/v1</code>.</p>
<div class="scroll"><table><thead><tr><th scope="col">Method</th><th scope="col">Path</th><th scope="col">What it does</th></tr></thead><tbody>
${lines}
</tbody></table></div></section>`;
}
