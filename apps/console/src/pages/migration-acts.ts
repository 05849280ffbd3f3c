import type { MigrationRun, OutsideKind } from '@rcm/db/migration';
import { OUTSIDE } from '@rcm/fleet';
import type { VNode } from 'preact';
import { mayDo, type Role } from '../access/roles.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { instant, sameAs, table } from './parts.ts';

/** Copies that somebody has to deal with, by kind, since when. */
export type Outside = readonly { readonly kind: OutsideKind; readonly since: Date }[];

/** Who looks, for the forms. */
export interface Acting {
  readonly roles: readonly Role[];
  readonly token: string;
}

/** One for each run that is at work and that nobody has asked yet. */
export const stopForms = (runs: readonly MigrationRun[], { roles, token }: Acting): Markup =>
  mayDo(roles, 'stop migration') &&
  runs
    .filter(({ state, stopAskedBy }) => state === 'running' && stopAskedBy === null)
    .map(({ id, command }) =>
      actForm({
        action: `/all/migration/runs/${id}/acts/stop`,
        title: `Stop run ${id}`,
        does: `The migrator takes no further login from then on and finishes those it has in hand, half a minute at most; it sees that it is asked within seconds. Nothing is lost or half done. Only a terminal goes on: rcm migrate ${command} --resume ${id}.`,
        token,
        command: `rcm migrate stop ${id} --reason "…"`,
      }),
    );

/** What no rewrite reaches, what to do about it, and the word that it is done. */
export const outsideShown = (outside: Outside, { roles, token }: Acting, now: Date): VNode => markup`<section id="outside"><h2>Outside the database</h2>
  ${table(
    'Copies of what was removed that somebody has to deal with',
    [
      { title: 'Kind', cell: ({ kind }: Outside[number]) => markup`<code>${kind}</code>` },
      { title: 'Since', cell: ({ since }) => instant(since, now) },
      { title: 'What', cell: ({ kind }) => OUTSIDE[kind].what },
      { title: 'What to do', cell: ({ kind }) => OUTSIDE[kind].how },
    ],
    outside,
    'None that anybody has still to deal with.',
  )}
  ${
    mayDo(roles, 'dealt-with migration') &&
    outside.map(({ kind }) =>
      actForm({
        action: `/all/migration/outside/${kind}/acts/dealt-with`,
        title: `Dealt with: ${kind.replaceAll('_', ' ')}`,
        does: `You say that ${OUTSIDE[kind].what} hold no plaintext any more. Nothing is looked at or removed: it is your word, and stands under your name in the audit trail of every organization. A later removal opens it again.`,
        token,
        command: `rcm migrate dealt-with ${kind} --reason "…"`,
      }),
    )
  }
  ${sameAs('rcm migrate status')}</section>`;
