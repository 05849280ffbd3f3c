import { REASON } from '@rcm/telemetry';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import { sameAs } from './parts.ts';

export interface ActForm {
  readonly action: string;
  readonly title: string;
  readonly does: Markup;
  /** What it would meet if it were done now; `null`: nothing speaks for or against it. */
  readonly now?: string | null;
  /** Default: no command does it. */
  readonly command?: string;
  readonly token: string;
  /** What else is to be said, besides why. */
  readonly fields?: Markup;
}

/** What it will do, why, and the button: behind one more look, so that no act is a single slip. */
export const actForm = ({ action, title, does, now = null, command, token, fields }: ActForm): VNode => markup`
  <details class="act" name="act">
    <summary>${title}</summary>
    <p>${does}</p>
    ${now !== null && markup`<p class="now">Now: ${now}.</p>`}
    <form method="post" action=${action}>
      <input type="hidden" name="token" value=${token} />
      ${fields}
      <label>Reason, for the audit trail
        <input name="reason" required maxlength=${REASON.longest} autocomplete="off" />
      </label>
      <button>${title}</button>
    </form>
    ${command !== undefined && sameAs(command)}
  </details>`;
