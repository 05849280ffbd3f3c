import type { AuditCheck, AuditCheckReport, AuditCheckState } from '@rcm/db/audit';
import { thousands } from '@rcm/fleet';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { facts, instant, pill, sameAs, table, type Tone, word } from './parts.ts';

export interface ChecksShown {
  readonly orgId: string;
  /** The newest first. */
  readonly checks: readonly AuditCheck[];
  /** For its form; `null`: whoever looks may not ask for one. */
  readonly token: string | null;
  readonly now: Date;
}

const STATES: Readonly<Record<AuditCheckState, readonly [string, Tone]>> = {
  waiting: ['waits for whoever checks', 'calm'],
  'under way': ['under way', 'calm'],
  sound: ['whole', 'good'],
  unproven: ['not proven', 'warn'],
  broken: ['broken', 'bad'],
  failed: ['could not be checked', 'warn'],
  expired: ['nobody has taken it', 'warn'],
  left: ['begun and left', 'warn'],
};

const NOBODY = markup`<div class="steps"><h2>Nobody does it here</h2><ul>
  <li>Ask again where the process that signs heads was down.</li>
  <li>Where it was never given an auditor’s login (RCM_AUDIT_CHECKS_DATABASE_URL), have it checked at a terminal.</li></ul></div>`;

/** Whether the chain is whole: what was found last, what to do then, and the button that asks for it. */
export const auditChecks = ({ orgId, checks, token, now }: ChecksShown): VNode => {
  const [last] = checks.filter(({ report, code }) => report !== null || code !== null);
  return markup`<section id="checks"><h2>Is it whole?</h2>
    ${last && found(last, now)}
    ${table(
      'Checks that were asked for, the newest first',
      [
        { title: 'When', cell: ({ askedAt }: AuditCheck) => instant(askedAt, now) },
        { title: 'How far', cell: ({ state }) => pill(...STATES[state]) },
        { title: 'Events', cell: ({ report }) => report && thousands(report.events) },
        { title: 'Proven to', cell: ({ report }) => report && (report.proven > 0 ? `event ${thousands(report.proven)}` : 'none') },
        { title: 'Who', cell: ({ actor }) => actor },
        { title: 'Why', cell: ({ reason }) => reason },
      ],
      checks,
      'Nobody has asked for a check here yet: an auditor does.',
    )}
    ${(checks[0]?.state === 'expired' || checks[0]?.state === 'left') && NOBODY}
    ${checks.some(({ state }) => state === 'waiting' || state === 'under way') && markup`<p><a href=${`/o/${orgId}/audit#checks`}>Load the page again</a> to see how far it is.</p>`}
    ${
      token !== null &&
      actForm({
        action: `/o/${orgId}/audit/acts/verify`,
        title: 'Check the chain',
        does: 'Every event of this organization is read and its hash computed again, outside the database, by the process that signs heads; it takes seconds, or minutes where there are millions. Nothing is changed but that it was asked for, which is an event itself.',
        token,
        command: `rcm audit verify --org ${word(orgId)}`,
      })
    }
    ${token === null && sameAs(`rcm audit verify --org ${word(orgId)}`)}
  </section>`;
};

function found({ state, code, report, endedAt }: AuditCheck, now: Date): Markup {
  return [
    report &&
      facts([
        ['Found last', markup`<span>${pill(...STATES[state])} ${instant(endedAt, now)}</span>`],
        ['Events', report.events > 0 ? `1 to ${thousands(report.events)}` : 'none'],
        ['Written', report.firstAt && `${secondsOf(report.firstAt)} to ${secondsOf(report.lastAt ?? report.firstAt)} UTC`],
        ['Heads', thousands(report.heads)],
        ['Proven to', report.proven > 0 && `event ${thousands(report.proven)}, by the head of ${secondsOf(report.provenAt ?? '')} UTC`],
        ['Only as good as the database', restOf(report)],
        [
          'Wrong',
          report.findings.length > 0 && markup`<ul>${report.findings.map(({ kind, message }) => markup`<li><code>${kind}</code> ${message}</li>`)}</ul>`,
        ],
        ['Further', report.unlisted > 0 && `${thousands(report.unlisted)} more: rcm audit verify says each`],
      ]),
    markup`<div class="steps"><h2>What to do</h2><ul>${stepsOf(state, code).map((step) => markup`<li>${step}</li>`)}</ul></div>`,
  ];
}

const secondsOf = (at: string): string => at.slice(0, 19).replace('T', ' ');

/** What no head says anything of. */
const restOf = ({ events, proven }: AuditCheckReport): string | null =>
  events > proven ? `event${events - proven > 1 ? 's' : ''} ${thousands(proven + 1)}${events - proven > 1 ? ` to ${thousands(events)}` : ''}` : null;

function stepsOf(state: AuditCheckState, code: string | null): readonly Markup[] {
  if (state === 'sound') return ['Nothing. Heads prove it as long as they are kept where nobody who administers the database can remove them.'];
  if (state === 'unproven')
    return [
      'No head says how long this chain is: wait for the next one (five minutes, where nothing else is configured), then ask again. Where there is none then, see rcm audit heads list.',
    ];
  if (state === 'broken')
    return [
      'Keep what there is: rcm audit export, the heads of every place that keeps them, and a copy of the database. Change nothing in it.',
      'Ask whether the database was restored to an earlier moment: a chain that was cut by that looks the same.',
      'Have somebody who does not administer the database check the export with the heads (docs/audit.md), and take it for an incident until they have.',
    ];
  return [markup`<span>It ended with <code>${code}</code>; the log of the process that signs heads has why. Ask again, or have it done at a terminal.</span>`];
}
