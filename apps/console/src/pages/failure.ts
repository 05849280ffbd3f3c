import type { VNode } from 'preact';
import type { Visitor } from '../sign-in/visitor.ts';
import type { Failure } from '../web/failure.ts';
import { markup } from '../web/markup.ts';
import { layout } from './layout.ts';

/** One answer for what is not there, what is another tenant's, and what this person may not see: nothing in it follows from what was asked for. */
export const notFoundPage = (visitor: Visitor): VNode =>
  layout({ title: 'Nothing here', visitor }, markup`<p>There is no such page, or you have no role that shows it. <a href="/">Go to the first page</a>.</p>`);

/** `isAct`: something was to be done, and whether it was is not known where the answer to it was lost. */
export const failurePage = ({ status, code, sentence }: Failure, { visitor, isAct }: { readonly visitor: Visitor | null; readonly isAct: boolean }): VNode =>
  layout(
    { title: isAct && status >= 500 ? 'Not known whether it was done' : 'Not done', visitor },
    markup`<div class="narrow"><p role="alert">${sentence}</p><p class="same">Code <code>${code}</code></p>
      <p>${visitor ? markup`<a href="/">Go to the first page</a>` : markup`<a class="button" href="/sign-in">Sign in</a>`}</p></div>`,
  );
