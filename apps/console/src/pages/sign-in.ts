import type { VNode } from 'preact';
import { markup } from '../web/markup.ts';
import { layout } from './layout.ts';

export const signInPage = ({ to }: { readonly to: string }): VNode =>
  layout(
    { title: 'Sign in', visitor: null },
    markup`<div class="narrow">
      <p>The console of your portal logins. You sign in at your organization’s identity provider, and come back here.</p>
      <p><a class="button" href=${`/sign-in/begin?${new URLSearchParams({ to }).toString()}`}>Sign in</a></p>
    </div>`,
  );
