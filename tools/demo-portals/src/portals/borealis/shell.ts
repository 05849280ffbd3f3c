import { readFileSync } from 'node:fs';
import { html } from 'hono/html';
import { htmlDocument } from '../../web/document.ts';

const STYLE = `
  body { margin: 0; font: 16px/1.5 Georgia, serif; color: #21183c; background: #faf8ff }
  header { display: flex; gap: 24px; padding: 14px 28px; background: #3b2a78; color: #fff } header a { color: #e2d9ff }
  main { max-width: 640px; margin: 40px auto; padding: 0 24px } label { display: block } input { font: inherit; padding: 6px; width: 22em; max-width: 100% }
  button { font: inherit; padding: 6px 16px } .problem { color: #9b1c31; border-left: 4px solid; padding-left: 10px }
  table { border-collapse: collapse; width: 100%; margin-top: 20px } th, td { text-align: left; padding: 6px; border-bottom: 1px solid #d8d0ee }
  dialog { border: 1px solid #3b2a78; border-radius: 8px; max-width: 32em }
`;

/** The one HTML page of the portal; scripts fill it. */
export const shell = htmlDocument({
  title: 'Borealis',
  style: STYLE,
  head: html`<script type="module" src="/assets/app.js"></script>`,
  body: html`<div id="app">
      <main><p>Loading …</p></main>
    </div>
    <noscript>Borealis needs JavaScript.</noscript>`,
});

export const maintenancePage = htmlDocument({
  title: 'Maintenance – Borealis',
  style: STYLE,
  body: html`<main><p id="problem" class="problem" role="alert">Borealis is being maintained. Please come back later.</p></main>`,
});

const NAMES = ['api.js', 'app.js', 'change-dialog.js', 'elements.js', 'inside.js', 'sign-in.js', 'texts.js'] as const;

/** The scripts by name, read once at start. */
export const readAssets = (): ReadonlyMap<string, string> =>
  new Map(NAMES.map((name) => [name, readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')]));
