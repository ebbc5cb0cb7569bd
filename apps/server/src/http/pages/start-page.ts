import { type Identity, permissionOf, type Role } from "@graft/api";
import type { RawRoute } from "../raw/raw-route.ts";
import type { Operation } from "../rpc/operations.ts";
import { firstScript } from "./first-script.ts";
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
  const { origin, version, identity } = options;
  const document = `${origin}/api/v1/openapi.json`;
  return {
    title: "API",
    body: `<h1>This server speaks an API</h1>
<p>Version ${escaped(version)}. Its whole description, for people and for tools that make clients: <a href="/api/v1/openapi.json">${escaped(document)}</a> (OpenAPI 3.1).</p>
${whoText(identity)}
${firstText(options)}
${callsText(options)}`,
  };
}

/** What to begin with, as the role of the token may. */
function firstText({ origin, identity, hasCa }: StartPageOptions): string {
  const { about, python, shell } = firstScript(origin, hasCa, identity?.token.role);
  const caLine = hasCa
    ? `<p class="soft">This server's certificate is its own: <a href="/ca">get it</a> first, as <code>graft-ca.pem</code>.</p>`
    : "";
  if (python === undefined)
    return `<section><h2>How to begin</h2>\n${caLine}\n<p>${escaped(about)}</p>\n<pre><code>${escaped(shell)}</code></pre></section>`;
  return `<section><h2>A first script</h2>
${caLine}
<p>${escaped(about)} (Python, with nothing to install; the token is in the variable GRAFT_TOKEN)</p>
<pre><code>${escaped(python)}</code></pre>
<p>With curl:</p>
<pre><code>${escaped(shell)}</code></pre></section>`;
}

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
