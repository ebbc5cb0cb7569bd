import type { Page } from "./page.ts";

/**
 * The token stands behind "#", which no browser sends to a server and no log keeps. It is traded for a cookie, and is out of
 * the address and of the history before anything else is done with it.
 */
const SCRIPT = `
const form = document.querySelector("form"), field = document.querySelector("input"), told = document.querySelector("[role=alert]");
async function enter(token) {
  told.hidden = true;
  try {
    const answer = await fetch("/api/v1/enter", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) });
    if (answer.ok) return location.replace("/");
    told.textContent = (await answer.json()).error.message;
  } catch { told.textContent = "The server does not answer."; }
  told.hidden = false;
  form.hidden = false;
  field.focus();
}
function begin() {
  let given = location.hash.slice(1);
  try { given = decodeURIComponent(given); } catch {}
  history.replaceState(null, "", location.pathname);
  if (given) enter(given); else { form.hidden = false; field.focus(); }
}
// a link that is opened where this page is open already changes no more than what is behind "#"
addEventListener("hashchange", begin);
begin();
form.addEventListener("submit", (event) => { event.preventDefault(); if (field.value.trim()) enter(field.value.trim()); });
`;

export const ENTER_PAGE: Page = {
  title: "Come in",
  body: `<h1>Come in</h1>
<noscript><p>This page trades your token for a cookie, and needs JavaScript for that.</p></noscript>
<form hidden><label>Your token or code<input name="token" autocomplete="off" autocapitalize="off" spellcheck="false"></label><button type="submit">Come in</button></form>
<p role="alert" hidden></p>
<p class="soft">It was printed when the server started; or ask who runs this server.</p>`,
  script: SCRIPT,
};
