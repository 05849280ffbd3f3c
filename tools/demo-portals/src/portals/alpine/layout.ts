import { html } from 'hono/html';
import { htmlDocument, type Markup } from '../../web/document.ts';

const SITE = 'Alpine Health Provider Portal';

const STYLE = `
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1d2b36; background: #f3f6f8 }
  header { background: #0b5c7a; color: #fff; padding: 12px 24px; display: flex; gap: 24px; align-items: baseline }
  header a { color: #d8eef6 } header form { margin-left: auto }
  main { max-width: 760px; margin: 32px auto; padding: 24px 32px; background: #fff; border: 1px solid #d5dde3; border-radius: 6px }
  label { display: block; margin-top: 12px; font-weight: 600 } input { font: inherit; padding: 6px 8px; width: 20em; max-width: 100% }
  button { font: inherit; margin-top: 16px; padding: 6px 18px }
  .error { color: #a4161a } .notice { color: #14682d }
  table { border-collapse: collapse; width: 100%; margin-top: 16px } th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid #d5dde3 }
  .overlay { position: fixed; inset: 0; background: rgb(0 0 0 / 35%); display: flex; align-items: end }
  .overlay div { background: #fff; width: 100%; padding: 20px 32px }
`;

interface Page {
  readonly title: string;
  readonly body: Markup;
  /** The menu, for who is signed in; its token signs the way out. */
  readonly csrf?: string;
}

/** A whole page of Alpine Health. */
export const page = ({ title, body, csrf }: Page): Markup =>
  htmlDocument({
    title: `${title} – ${SITE}`,
    style: STYLE,
    body: html`<header><strong>${SITE}</strong>${csrf === undefined ? '' : menu(csrf)}</header>
      <main>
        <h1>${title}</h1>
        ${body}
      </main>`,
  });

const menu = (csrf: string): Markup => html`
  <nav><a href="/home">Home</a> <a href="/claims">Claims</a> <a href="/password">Change password</a></nav>
  <form method="post" action="/logout"><input type="hidden" name="_csrf" value="${csrf}" /><button id="sign-out" type="submit">Sign out</button></form>
`;
