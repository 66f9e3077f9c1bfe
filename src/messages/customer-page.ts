/**
 * The frame of pages that customers see: plain HTML that works without a script, without a login and on any width, in
 * the light or dark of their device. Nothing is loaded from anywhere, and the address (it is a key) is told to nobody. Pure.
 */
import { escaped } from "./mail-body.ts";
import type { Speech } from "./page-words.ts";

/** The style that stands on every page; the content policy names it by its hash (customer-headers.ts). */
export const STYLE = `:root{color-scheme:light dark;--back:light-dark(#f6f6f4,#16181b);--card:light-dark(#fff,#212428);--ink:light-dark(#1c1e21,#eceef0);--quiet:light-dark(#585d63,#aeb4bb);--line:light-dark(#d9dbde,#43484f);--accent:light-dark(#0b5394,#9cc9f5);--on-accent:light-dark(#fff,#10202f);--good:light-dark(#e3f2e6,#1d3a26)}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:17px/1.55 system-ui,sans-serif}
main{max-width:40rem;margin:0 auto;padding:1.5rem 1rem 4rem}
header p{margin:0 0 .25rem;color:var(--quiet);font-weight:600}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.1rem;margin:0 0 .5rem}
section,fieldset{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.1rem;margin:0 0 1rem;min-width:0}
legend{font-weight:700;padding:0 .35rem;font-size:1.1rem}
p{margin:.35rem 0}
.quiet{color:var(--quiet);font-size:.93rem}
.told{background:var(--good)}
ul{margin:.35rem 0;padding-left:1.2rem}
a{color:var(--accent)}
label.row{display:flex;gap:.75rem;align-items:flex-start;padding:.5rem 0;min-height:2.75rem}
label.row~label.row{border-top:1px solid var(--line)}
input[type=checkbox],input[type=radio]{width:1.35rem;height:1.35rem;margin:.15rem 0 0;flex:none;accent-color:var(--accent)}
.fields{display:flex;flex-wrap:wrap;gap:1rem}
.fields label{display:block}
input[type=time],input[type=date]{display:block;font:inherit;color:inherit;background:var(--back);border:1px solid var(--quiet);border-radius:.4rem;padding:.5rem .6rem;min-height:2.75rem}
button{font:inherit;font-weight:700;min-height:2.9rem;padding:.6rem 1.4rem;border-radius:.5rem;border:2px solid var(--accent);background:var(--accent);color:var(--on-accent);cursor:pointer}
button.second{background:transparent;color:var(--accent)}
button:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
nav{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;margin-top:1rem}
form+form{margin-top:2rem}
@media (max-width:30rem){button{width:100%}}`;

/** A whole page. `title` is its heading; `body` is HTML. */
export function customerPage(
  { language }: Speech,
  workspace: string | null,
  title: string,
  body: string,
): string {
  const from = workspace === null ? "" : `<p>${escaped(workspace)}</p>`;
  const name = workspace === null ? "" : ` · ${escaped(workspace)}`;
  return (
    `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<title>${escaped(title)}${name}</title><style>${STYLE}</style></head>` +
    `<body><main><header>${from}<h1>${escaped(title)}</h1></header>${body}</main></body></html>\n`
  );
}

/** A section with paragraphs or whatever else. */
export const section = (heading: string, html: string): string => `<section><h2>${escaped(heading)}</h2>${html}</section>`; // prettier-ignore
/** A text as a paragraph. */
export const paragraph = (text: string, kind = ""): string => `<p${kind === "" ? "" : ` class="${kind}"`}>${escaped(text)}</p>`; // prettier-ignore

/** What somebody sees whose link is none of ours, or cut in two on its way; or who tries the link of a test. */
export const brokenLinkPage = (token: string, speech: Speech): string =>
  token === "test"
    ? customerPage(speech, null, speech.say("This is a test"), `<section>${paragraph(speech.say("The message was a test or a preview. In a real one, this link is the customer's own."))}</section>`)
    : customerPage(speech, null, speech.say("This link does not work"), `<section>${paragraph(speech.say("It may have been cut or changed on its way to you. Open the message again and use the link in it."))}</section>`); // prettier-ignore
