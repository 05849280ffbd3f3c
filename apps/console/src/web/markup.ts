import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

/** What may stand between tags: text, which is escaped, and further markup. */
export type Markup = ComponentChildren;

/**
 * Markup as a tagged template: `` markup`<p title=${title}>${text}</p>` ``. Whatever is put in is text or an attribute's value and is escaped as such, quoted or not;
 * there is no way to put in markup but another template (docs/adr/0022).
 */
export const markup = html as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** A whole page. */
export const htmlOf = (page: VNode): string => `<!doctype html>\n${renderToString(page)}`;
