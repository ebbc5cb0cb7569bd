/** Plain pages in the house's style: all of a page is in it, nothing of it is fetched. */
import { createHash } from "node:crypto";
import { send } from "../edge/answer.ts";
import type { Exchange } from "../edge/exchange.ts";

/** The tokens of the design that these pages need; light and dark. */
const STYLE = `:root{color-scheme:light dark;--bg:light-dark(#fafaf8,#0f1213);--surface:light-dark(#fff,#161a1b);--sunken:light-dark(#f3f4f2,#0b0e0f);--line:light-dark(#e6e8e5,#262c2e);--control:light-dark(#7f8889,#6d787a);--ink:light-dark(#16191a,#ecefee);--ink-2:light-dark(#4d5557,#aeb8b9);--accent:light-dark(#0b6270,#6cc6d2);--on-accent:light-dark(#fff,#06191c);--wrong:light-dark(#b4430f,#f39a66);--font:Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif;--mono:ui-monospace,"SF Mono","Cascadia Mono","Liberation Mono",monospace}
*,::before,::after{box-sizing:border-box}
body{margin:0;padding:48px 24px;background:var(--bg);color:var(--ink);font:400 16px/24px var(--font);-webkit-text-size-adjust:100%}
main{max-width:720px;margin:0 auto;display:grid;gap:32px}
main>*,section>*{min-width:0}
h1{margin:0;font:600 28px/36px var(--font);letter-spacing:-.02em}
h2{margin:0;font:600 16px/24px var(--font)}
p,ul,ol,dl,dd,pre{margin:0}
p{text-wrap:pretty;max-width:68ch}
ul,ol{padding-left:20px}
li+li{margin-top:4px}
section{display:grid;gap:12px}
.soft{color:var(--ink-2)}
.brand{display:flex;align-items:center;gap:8px;font:600 16px/24px var(--font);letter-spacing:-.02em}
.brand svg{width:22px;height:22px;color:var(--accent)}
a{color:var(--accent);text-underline-offset:3px}
code,pre,kbd{font:400 14px/20px var(--mono)}
pre{padding:16px;overflow:auto;background:var(--sunken);border:1px solid var(--line);border-radius:8px}
pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:20px}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600}
.scroll{overflow:auto}
form{display:flex;gap:8px;flex-wrap:wrap;align-items:end}
label{display:grid;gap:4px;flex:1 1 280px;font-size:14px;line-height:20px}
input,button{min-height:44px;font:inherit;border-radius:8px;padding:8px 12px}
input{border:1px solid var(--control);background:var(--surface);color:inherit;width:100%}
button{border:0;background:var(--accent);color:var(--on-accent);font-weight:500;padding:8px 16px;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[role=alert]{color:var(--wrong)}
[hidden]{display:none}`;

const LOGO = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M11 21V4"/><path d="M11 14c0-5 3-8 9-8 0 5-3 8-9 8z" fill="currentColor" fill-opacity=".18"/><path d="M8 17.5 14 14.5"/></svg>`;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const STYLE_HASH = hashOf(STYLE);

/** A text as HTML shows it. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

export interface Page {
  readonly title: string;
  /** HTML inside of `main`. */
  readonly body: string;
  /** JavaScript of the page; nothing else may run in it. */
  readonly script?: string;
}

/** Answers with a page. */
export function sendPage(
  exchange: Exchange,
  { title, body, script }: Page,
  { status = 200, headers = [] }: { readonly status?: number; readonly headers?: readonly string[] } = {},
): void {
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`, "connect-src 'self'"]),
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · graft</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<div class="brand">${LOGO}<span>graft</span></div>
${body}
</main>
${script === undefined ? "" : `<script>${script}</script>\n`}</body>
</html>
`;
  send(exchange, {
    status,
    headers: [
      ...["content-type", "text/html; charset=utf-8", "cache-control", "no-store"],
      ...["content-security-policy", policy, "cross-origin-opener-policy", "same-origin"],
      ...["permissions-policy", "camera=(), microphone=(), geolocation=()"],
      ...headers,
    ],
    body: html,
  });
}
