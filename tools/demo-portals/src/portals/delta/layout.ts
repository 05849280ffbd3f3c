import { html } from 'hono/html';
import { htmlDocument, type Markup } from '../../web/document.ts';

const STYLE = `
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #22302a; background: #f4f7f2 }
  header { background: #2f5d46; color: #fff; padding: 12px 24px; display: flex; gap: 24px; align-items: baseline }
  header form { margin-left: auto } main { max-width: 760px; margin: 32px auto; padding: 24px 32px; background: #fff; border: 1px solid #d4ded6 }
  label { display: block; margin-top: 12px; font-weight: 600 } input { font: inherit; padding: 6px 8px } button { font: inherit; padding: 6px 18px }
  .error { color: #a4161a } .notice { color: #14682d } table { border-collapse: collapse; width: 100%; margin-top: 16px }
  th, td { text-align: left; padding: 6px 8px; border-bottom: 1px solid #d4ded6 }
`;

interface Page {
  /** `Delta Sign-In`, or the application. */
  readonly site: string;
  readonly title: string;
  readonly body: Markup;
  /** The way out, for who is signed in. */
  readonly exit?: { readonly csrf: string; readonly words: string };
}

export const TOKEN = '_csrf';

export const tokenField = (csrf: string): Markup => html`<input type="hidden" name="${TOKEN}" value="${csrf}" />`;

/** A whole page of the provider, or of one of its applications. */
export const page = ({ site, title, body, exit }: Page): Markup =>
  htmlDocument({
    title: `${title} – ${site}`,
    style: STYLE,
    body: html`<header>
        <strong>${site}</strong>
        ${exit === undefined ? '' : html`<form method="post" action="/sign-out">${tokenField(exit.csrf)}<button type="submit">${exit.words}</button></form>`}
      </header>
      <main>
        <h1>${title}</h1>
        ${body}
      </main>`,
  });

/** What a site says when it is closed, and when something broke. */
export const maintenancePage = (site: string): Markup =>
  page({ site, title: 'Maintenance', body: html`<p id="maintenance">${site} is down for scheduled maintenance.</p>` });
export const failurePage = (site: string, status: number): Markup =>
  page({ site, title: 'Something went wrong', body: html`<p id="failure">Something went wrong on our side. Please try again. (error ${status})</p>` });
