import { STATES } from '../break-glass/list.ts';
import type { AccessReview } from './access.ts';

/** A list of the review, as text: for a terminal, a CSV or a page. */
export interface Section {
  readonly title: string;
  /** What is said of it. */
  readonly words: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly empty: string;
  /** Where it is cut, how the rest is had. */
  readonly more: string | null;
}

/** By which of these a password, or what a portal says of a patient, came to whoever did it. */
const SAW: Readonly<Record<string, string>> = {
  'credential.read': 'password',
  'login.used': 'password',
  'login.verify': 'password',
  'secret.shown': 'password',
  'secret.set': 'password',
  'secret.backed_up': 'password, sealed',
  'task.read': 'result of a task',
};
/** Of every organization the same. */
const WHO_MAY: Section = {
  title: 'Who may',
  words: 'By what this version of the platform deploys; who is in the roles of people is AWS’s and the issuer’s to say.',
  columns: ['who', 'what', 'where it stands'],
  rows: [
    ['web-agents, in a session of this organization alone', 'read current passwords', 'access-matrix.md'],
    ['rotators, in a session of this organization alone', 'read, stage and promote passwords; remove copies', 'access-matrix.md'],
    ['migrators, in a session of this organization alone', 'make and read secrets', 'access-matrix.md'],
    ['a person, approved by another one', 'read one password, once', 'rcm break-glass list'],
    ['whoever becomes rcm-break-glass, with a second factor', 'read any current password', 'CloudTrail; runbooks/break-glass.md'],
    ['who logs in to Postgres, by role', 'read rows; no password is in one', 'rcm db roles'],
    ['who has a role in the console', 'ask for acts, approve, look', 'the console’s page Access'],
  ],
  empty: '',
  more: null,
};

const day = (at: Date | null): string => at?.toISOString().slice(0, 10) ?? 'never';
const minute = (at: Date): string => at.toISOString().slice(0, 16).replace('T', ' ');

export function sectionsOf({ organization: { id }, quarter, did, acts, breakGlass, logins }: AccessReview): readonly Section[] {
  const [from, to] = [day(quarter.from), day(quarter.until)];
  const login = (title: string, words: string, { rows, hasMore }: AccessReview['logins']['overdue'], option: string): Section => ({
    title,
    words,
    columns: ['login', 'portal', 'rotation due', 'last let in'],
    rows: rows.map((each) => [each.id, each.portalTypeCode, day(each.nextRotationAt), day(each.lastAcceptedAt)]),
    empty: 'None.',
    more: hasMore ? `rcm logins --org ${id} ${option}` : null,
  });
  return [
    WHO_MAY,
    {
      title: 'Who did',
      words: `What the audit trail has from ${from} until ${to}, by who and what.`,
      columns: ['who', 'what', 'times', 'on', 'first', 'last', 'saw'],
      rows: did.rows.map((each) => [
        each.actor,
        each.action,
        String(each.times),
        String(each.subjects),
        day(each.first),
        day(each.last),
        SAW[each.action] ?? '',
      ]),
      empty: 'Nobody did anything.',
      more: did.hasMore ? `rcm audit export --org ${id}` : null,
    },
    {
      title: 'Acts of people',
      words: 'Each with the reason that was given; rows that were changed by SQL are among them.',
      columns: ['time (UTC)', 'who', 'what', 'on', 'why'],
      rows: acts.rows.map((each) => [minute(each.at), each.actor, each.action, each.subject, each.reason]),
      empty: 'None.',
      more: acts.hasMore ? `rcm audit list --org ${id} --actor person: --from ${from} --to ${to}` : null,
    },
    {
      title: 'Break-glass',
      words: 'Passwords that people asked to read.',
      columns: ['asked (UTC)', 'login', 'by', 'why', 'decided by', 'why', 'what came of it'],
      rows: breakGlass.rows.map((each) => [
        ...[minute(each.askedAt), each.endpointId ?? '', each.actor, each.reason],
        ...[each.decidedBy ?? '', each.decisionReason ?? '', STATES[each.state].text],
      ]),
      empty: 'Nobody asked to read one.',
      more: breakGlass.hasMore ? 'rcm break-glass list' : null,
    },
    login('Overdue', 'Due for more than a day, however often it was put off since.', logins.overdue, '--due 1d'),
    login('Never used', 'No login was ever accepted: is it still wanted?', logins.neverUsed, '--never-used'),
    login('Shared', 'One account in several organizations or secrets: it is not rotated by itself.', logins.shared, '--shared'),
    login('Failing', 'Refused by the portal, and not let in since.', logins.failing, '--failing'),
  ];
}
