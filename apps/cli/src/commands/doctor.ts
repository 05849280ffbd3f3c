import { examineDatabases } from '../doctor/databases.ts';
import type { Finding } from '../doctor/finding.ts';
import { environmentFor } from '../environment.ts';
import type { Report } from '../report.ts';
import type { Cell } from '../table.ts';
import { table } from '../table.ts';

/** Whether this deployment can work from here: configuration, database, schema, keys, store, roles, browser, clock, mailboxes. Changes nothing, and reads no secret. */
export async function doctor(environment: NodeJS.ProcessEnv, now: () => number = Date.now): Promise<Report> {
  const findings = [...(await examineDatabases(environment, now)), ...(await examineProcess(environment)), ...(await examineCodes(environment))];
  const problems = findings.filter(({ state }) => state === 'problem');
  return {
    json: { checks: findings.map(({ check, state, says, todo }) => ({ check, state, says, todo })), problems: problems.length },
    lines(view) {
      const style = { ok: 'green', problem: 'red', skipped: 'dim' } as const;
      const rows = findings.map(({ check, state, says }): Cell[] => [{ text: check }, { text: state, style: style[state] }, { text: says }]);
      const todos = problems.map(({ check, todo }) => `→ ${check}: ${todo ?? 'read the log'}`);
      return [...table(view, [{ title: 'CHECK' }, { title: 'STATE' }, { title: 'WHAT', shrinks: true }], rows), ...(todos.length > 0 ? ['', ...todos] : [])];
    },
    well: problems.length === 0,
    ...(problems.some(({ isConfiguration }) => isConfiguration) ? { wrongCall: true as const } : {}),
  };
}

/** Mailboxes and gateways that codes come by, where this is a place that has their configuration. */
async function examineCodes(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  if (!Object.keys(environment).some((name) => name.startsWith('RCM_INBOUND_')))
    return [{ check: 'codes by message', state: 'skipped', says: 'no gateway and no mailbox is configured here', todo: null }];
  const { examineInbound } = await import('@rcm/web-agent');
  return (await examineInbound(environment)).map((found) => ({ ...found, state: found.todo === null ? 'ok' : 'problem' }));
}

/** What a rotator needs, where this is a place that has its configuration. */
async function examineProcess(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  let settings: NodeJS.ProcessEnv;
  try {
    settings = environmentFor('rotator', environment);
  } catch {
    return [{ check: 'rotator', state: 'skipped', says: 'its database login is not configured here', todo: null }];
  }
  const { examineRotator } = await import('@rcm/rotator');
  return (await examineRotator(settings)).map(({ check, looked, says, todo }) => ({
    ...{ check, says, todo, state: looked ? (todo === null ? 'ok' : 'problem') : 'skipped' },
    ...(check === 'configuration' && todo !== null ? { isConfiguration: true as const } : {}),
  }));
}
