import { openDatabase } from '@rcm/db';
import { keyFileWrapping } from '@rcm/db/sealing';
import { createPortalTask } from '@rcm/db/tasks';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { RUN, runAtWork, wantedCode, wantedTyping } from '../story.fixture.ts';

const forEach = () => ({ 'hospital-1': crypto.randomUUID(), 'hospital-2': crypto.randomUUID() });

export type AllMade = Awaited<ReturnType<typeof makeAll>>;

/** At alpine-1 of hospital-1 and at alpine-2 of hospital-2, one of each that a person may look at or act on. */
export async function makeAll(url: string) {
  const tasks = new Map<string, string>();
  /** What waits for a second person, by organization; `*`: for everything. */
  const requests = { ...forEach(), '*': crypto.randomUUID() };
  /** Which code a login of each organization waits for. */
  const codes = forEach();
  /** Which password somebody else has asked to read. */
  const glass = forEach();
  /** Which password somebody else has asked to type. */
  const typings = forEach();
  const agent = openDatabase({
    url: urlFor('rcm_agent', url),
    applicationName: 'agent',
    role: 'rcm_agent',
    dataKeys: keyFileWrapping({ id: 'test', key: new Secret('k'.repeat(32)) }),
  });
  for (const number of [1, 2]) {
    const place = { orgId: `hospital-${number}`, endpointId: `alpine-${number}` };
    const requester = { kind: 'token', subject: 'claims', issuer: 'https://id.example/' } as const;
    tasks.set(place.orgId, (await createPortalTask(agent, { ...place, name: 'claim_status', input: { claim: 'c' }, requester })).taskId);
  }
  await agent.close();
  await asSuperuser(url, [
    ...([1, 2] as const).map(
      (number) =>
        `INSERT INTO login_request (id, org_id, endpoint_id, kind, actor, reason) VALUES ('${requests[`hospital-${number}`]}', 'hospital-${number}', 'alpine-${number}', 'rollback', 'person:os:jane', 'r')`,
    ),
    ...([1, 2] as const).map(
      (number) =>
        `INSERT INTO login_request (id, org_id, endpoint_id, kind, minutes, actor, reason) VALUES ('${glass[`hospital-${number}`]}', 'hospital-${number}', 'alpine-${number}', 'break_glass', 15, 'person:os:jane', 'r')`,
    ),
    ...([1, 2] as const).flatMap((number) => wantedTyping(typings[`hospital-${number}`], `hospital-${number}`, `alpine-${number}`)),
    `INSERT INTO login_request (id, kind, actor, reason) VALUES ('${requests['*']}', 'pause', 'person:os:jane', 'r')`,
    runAtWork(RUN),
    ...([1, 2] as const).map((number) => wantedCode(codes[`hospital-${number}`], `hospital-${number}`, `alpine-${number}`)),
  ]);
  return { tasks, codes, requests, glass, typings, run: RUN };
}

/** What is another organization’s, and the same where there is nothing: the two are answered alike. */
export const pairsOf = ({ tasks, codes }: AllMade) =>
  [
    ['/o/hospital-2/logins', '/o/hospital-3/logins'],
    ['/o/hospital-2/logins/alpine-2', '/o/hospital-2/logins/none'],
    ['/o/hospital-1/logins/alpine-2', '/o/hospital-1/logins/none'],
    [`/o/hospital-1/tasks/${tasks.get('hospital-2')}`, `/o/hospital-1/tasks/${crypto.randomUUID()}`],
    ['/o/hospital-2/audit', '/o/hospital-3/audit'],
    ['/o/hospital-2/audit.csv', '/o/hospital-3/audit.csv'],
    ['/all/logins', '/nothing/logins'],
    ['/all/approvals', '/nothing/approvals'],
    ['/o/hospital-2/rotations', '/o/hospital-3/rotations'],
    ['/o/hospital-2/portals/alpine', '/o/hospital-3/portals/alpine'],
    ['/o/hospital-2/migration', '/o/hospital-3/migration'],
    ['/o/hospital-2/calendar', '/o/hospital-3/calendar'],
    ['/all/calendar', '/nothing/calendar'],
    ['/o/hospital-2/access', '/o/hospital-3/access'],
    ['/o/hospital-2/access.csv', '/o/hospital-3/access.csv'],
    ['/o/hospital-2/approvals', '/o/hospital-3/approvals'],
    ['/o/hospital-2/codes', '/o/hospital-3/codes'],
    [`/o/hospital-1/codes/${codes['hospital-2']}`, `/o/hospital-1/codes/${crypto.randomUUID()}`],
    ['/o/hospital-2/notifications', '/o/hospital-3/notifications'],
    ['/o/hospital-2/logins/alpine-2/set', '/o/hospital-3/logins/alpine-2/set'],
    ['/o/hospital-1/logins/alpine-2/set', '/o/hospital-1/logins/none/set'],
  ] as const;
